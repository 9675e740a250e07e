package dev.finetune.checkpoint;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The header of a safetensors file: 8 bytes of length (little-endian), that many bytes of JSON, then the data.
 *
 * <p>Checks what the reference implementation (the safetensors crate, {@code Metadata::validate}) checks: a length of at
 * most 100 MB that fits the file, no name twice, sizes that agree with the offsets, and data without overlap or gap that
 * ends where the file ends.
 *
 * @param dataStart the position in the file that offsets count from
 * @param entries the tensors in the order of the header
 * @param metadata the header's {@code __metadata__}
 */
record SafetensorsHeader(long dataStart, Map<String, Entry> entries, Map<String, String> metadata) {
    static final long MAX_BYTES = 100_000_000;
    static final String METADATA = "__metadata__";

    private static final int MAX_DIMENSIONS = 64;

    /** Bits per element of every type that the format knows. */
    private static final Map<String, Integer> BITS = Map.ofEntries(
            Map.entry("F4", 4),
            Map.entry("F6_E2M3", 6),
            Map.entry("F6_E3M2", 6),
            Map.entry("BOOL", 8),
            Map.entry("U8", 8),
            Map.entry("I8", 8),
            Map.entry("F8_E5M2", 8),
            Map.entry("F8_E4M3", 8),
            Map.entry("F8_E8M0", 8),
            Map.entry("I16", 16),
            Map.entry("U16", 16),
            Map.entry("F16", 16),
            Map.entry("BF16", 16),
            Map.entry("I32", 32),
            Map.entry("U32", 32),
            Map.entry("F32", 32),
            Map.entry("F64", 64),
            Map.entry("I64", 64),
            Map.entry("U64", 64),
            Map.entry("C64", 64));

    /** One tensor: the type as the header names it, and where its data starts and ends. */
    record Entry(String dtype, long[] shape, long start, long end) {}

    static SafetensorsHeader read(Path file, FileChannel channel) throws IOException {
        long size = channel.size();
        if (size < 8) {
            throw broken(file, "it has " + size + " bytes, and a safetensors file starts with 8 bytes of length");
        }
        long length = ByteBuffer.wrap(new FileRegion(channel, 0, 8).readExactly(8))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
        if (length < 0 || length > MAX_BYTES) {
            throw broken(
                    file,
                    "its header would have " + Long.toUnsignedString(length) + " bytes, and " + MAX_BYTES
                            + " are allowed; is it a safetensors file?");
        }
        if (length > size - 8) {
            throw broken(file, "its header would have " + length + " bytes, and " + (size - 8) + " are left");
        }
        return new Parser(file, new FileRegion(channel, 8, length)).parse(8 + length, size - 8 - length);
    }

    private static FinetuneException broken(Path file, String what) {
        return new FinetuneException(
                file + ": the file is damaged or incomplete: " + what + ". Download or save it again.");
    }

    private static final class Parser {
        private final Path file;
        private final JsonReader json;

        Parser(Path file, FileRegion header) {
            this.file = file;
            this.json = new JsonReader(new InputStreamReader(
                    header,
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .onMalformedInput(CodingErrorAction.REPORT)
                            .onUnmappableCharacter(CodingErrorAction.REPORT)));
            json.setStrictness(Strictness.STRICT);
        }

        SafetensorsHeader parse(long dataStart, long dataLength) {
            Map<String, Entry> entries = new LinkedHashMap<>();
            Map<String, String> metadata = new LinkedHashMap<>();
            boolean metadataSeen = false;
            try {
                json.beginObject();
                while (json.hasNext()) {
                    String name = json.nextName();
                    if (name.equals(METADATA)) {
                        if (metadataSeen) {
                            throw broken(file, "its header has " + METADATA + " twice");
                        }
                        metadataSeen = true;
                        readMetadata(metadata);
                    } else if (entries.put(name, readEntry(name)) != null) {
                        throw broken(file, "its header has '" + name + "' twice");
                    }
                }
                json.endObject();
                if (json.peek() != JsonToken.END_DOCUMENT) {
                    throw broken(file, "its header has something after the JSON object");
                }
            } catch (IOException | IllegalStateException e) {
                throw new FinetuneException(
                        file + ": the header isn't the JSON object that safetensors asks for (" + e.getMessage()
                                + "). Download or save the file again.",
                        e);
            }
            checkLayout(entries, dataLength);
            return new SafetensorsHeader(dataStart, entries, metadata);
        }

        private void readMetadata(Map<String, String> metadata) throws IOException {
            if (json.peek() == JsonToken.NULL) {
                json.nextNull();
                return;
            }
            json.beginObject();
            while (json.hasNext()) {
                String key = json.nextName();
                if (json.peek() != JsonToken.STRING) {
                    throw broken(file, METADATA + " has " + json.peek() + " under '" + key + "', not a string");
                }
                metadata.put(key, json.nextString());
            }
            json.endObject();
        }

        private Entry readEntry(String name) throws IOException {
            String dtype = null;
            long[] shape = null;
            long[] offsets = null;
            json.beginObject();
            while (json.hasNext()) {
                String key = json.nextName();
                boolean twice = switch (key) {
                    case "dtype" -> dtype != null;
                    case "shape" -> shape != null;
                    case "data_offsets" -> offsets != null;
                    default -> false;
                };
                if (twice) {
                    throw broken(file, "'" + name + "' has " + key + " twice");
                }
                switch (key) {
                    case "dtype" -> dtype = readText(name);
                    case "shape" -> shape = readNumbers(name, key);
                    case "data_offsets" -> offsets = readNumbers(name, key);
                    default -> json.skipValue();
                }
            }
            json.endObject();
            return checked(name, dtype, shape, offsets);
        }

        private Entry checked(String name, @Nullable String dtype, long @Nullable [] shape, long @Nullable [] offsets) {
            if (dtype == null || shape == null || offsets == null) {
                throw broken(file, "'" + name + "' lacks one of dtype, shape and data_offsets");
            }
            if (offsets.length != 2 || offsets[1] < offsets[0]) {
                throw broken(file, "'" + name + "' has data_offsets that aren't a start and an end");
            }
            return new Entry(dtype, shape, offsets[0], offsets[1]);
        }

        private String readText(String name) throws IOException {
            if (json.peek() != JsonToken.STRING) {
                throw broken(file, "the dtype of '" + name + "' is " + json.peek() + ", not a string");
            }
            return json.nextString();
        }

        private long[] readNumbers(String name, String key) throws IOException {
            List<Long> numbers = new ArrayList<>();
            json.beginArray();
            while (json.hasNext()) {
                String text = json.peek() == JsonToken.NUMBER ? json.nextString() : String.valueOf(json.peek());
                if (!text.matches("[0-9]{1,19}")) {
                    throw broken(file, key + " of '" + name + "' has " + text + ", not a number of 0 or more");
                }
                if (numbers.size() == MAX_DIMENSIONS) {
                    throw broken(file, key + " of '" + name + "' has more than " + MAX_DIMENSIONS + " numbers");
                }
                try {
                    numbers.add(Long.parseLong(text));
                } catch (NumberFormatException e) {
                    throw broken(file, key + " of '" + name + "' has " + text + ", which is too large");
                }
            }
            json.endArray();
            return numbers.stream().mapToLong(Long::longValue).toArray();
        }

        private void checkLayout(Map<String, Entry> entries, long dataLength) {
            List<Map.Entry<String, Entry>> sorted = new ArrayList<>(entries.entrySet());
            sorted.sort(Comparator.<Map.Entry<String, Entry>>comparingLong(
                            e -> e.getValue().start())
                    .thenComparingLong(e -> e.getValue().end()));
            long end = 0;
            for (Map.Entry<String, Entry> named : sorted) {
                Entry entry = named.getValue();
                if (entry.start() != end) {
                    throw broken(
                            file,
                            "the data of '" + named.getKey() + "' starts at " + entry.start()
                                    + ", where the tensor before it ends at " + end);
                }
                end = entry.end();
                checkSize(named.getKey(), entry);
            }
            if (end != dataLength) {
                throw broken(file, "its tensors take " + end + " bytes, and it has " + dataLength + " bytes of data");
            }
        }

        private void checkSize(String name, Entry entry) {
            Integer bitsEach = BITS.get(entry.dtype());
            if (bitsEach == null) {
                return; // A type of the future: refused when this tensor is asked for.
            }
            long expected;
            try {
                long elements = TensorShape.elements(entry.shape());
                expected = Math.multiplyExact(elements, (long) bitsEach);
            } catch (ArithmeticException e) {
                throw broken(file, "the shape of '" + name + "' has more elements than can be counted");
            }
            long found = entry.end() - entry.start();
            if (expected % 8 != 0 || expected / 8 != found) {
                throw broken(
                        file,
                        "'" + name + "' has " + found + " bytes, and " + entry.dtype() + " "
                                + TensorShape.text(entry.shape()) + " takes " + (expected + 7) / 8);
            }
        }
    }
}
