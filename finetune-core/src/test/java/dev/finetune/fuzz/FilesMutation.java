package dev.finetune.fuzz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A directory of which a few things are changed, whose formats are known: JSON by its values, safetensors by its header and
 * its data, vocabularies by their lines, others by their bytes.
 */
public final class FilesMutation {
    private static final int MOST_CHANGES = 4;
    private static final int LENGTH_BYTES = 8;

    private final Map<String, byte[]> files;
    private final Choices choices;

    private FilesMutation(Map<String, byte[]> files, Choices choices) {
        this.files = new TreeMap<>(files);
        this.choices = choices;
    }

    /**
     * The files with up to four changes, one for each time that bytes are left of the input.
     *
     * @param several directories, of which the first choice takes one
     * @return contents by name
     */
    public static Map<String, byte[]> of(List<Map<String, byte[]>> several, Choices choices) {
        final FilesMutation mutation = new FilesMutation(choices.of(several), choices);
        for (int change = 0; change < MOST_CHANGES && choices.more(); change++) {
            mutation.change();
        }
        return mutation.files;
    }

    /** The small files of a directory and those below it, by their names in it. */
    public static Map<String, byte[]> read(Path directory) throws IOException {
        final Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> found = Files.walk(directory)) {
            for (Path file : found.filter(Files::isRegularFile).toList()) {
                files.put(directory.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return files;
    }

    private void change() {
        final String name = choices.of(new ArrayList<>(files.keySet()));
        final byte[] content = files.get(name);
        final int kind = choices.below(32);
        if (kind == 0) {
            files.remove(name);
        } else if (kind == 1) {
            files.put(name, files.get(choices.of(new ArrayList<>(files.keySet()))));
        } else if (kind == 2) {
            files.put(name, bytes(content));
        } else {
            files.put(name, known(name, content));
        }
        if (files.isEmpty()) {
            files.put(name, new byte[0]);
        }
    }

    private byte[] known(String name, byte[] content) {
        try {
            if (name.endsWith(".json")) {
                return JsonMutation.of(text(content), choices).getBytes(StandardCharsets.UTF_8);
            }
            if (name.endsWith(".safetensors")) {
                return safetensors(content);
            }
        } catch (RuntimeException e) { // An earlier change has left no such format.
            return bytes(content);
        }
        return name.endsWith(".txt") ? lines(content) : bytes(content);
    }

    private byte[] safetensors(byte[] content) {
        final int length =
                (int) ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong();
        final int data = LENGTH_BYTES + length;
        if (length < 0 || data < 0 || data > content.length) {
            return bytes(content);
        }
        if (choices.below(4) == 0) {
            final byte[] changed = bytes(Arrays.copyOfRange(content, data, content.length));
            return ByteBuffer.allocate(data + changed.length)
                    .put(content, 0, data)
                    .put(changed)
                    .array();
        }
        final byte[] header = JsonMutation.of(text(Arrays.copyOfRange(content, LENGTH_BYTES, data)), choices)
                .getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(LENGTH_BYTES + header.length + content.length - data)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .put(content, data, content.length - data)
                .array();
    }

    private byte[] lines(byte[] content) {
        final List<String> lines = new ArrayList<>(Arrays.asList(text(content).split("\n", -1)));
        final int at = choices.below(lines.size());
        switch (choices.below(5)) {
            case 0 -> lines.remove(at);
            case 1 -> lines.add(at, choices.of(lines));
            case 2 -> lines.set(at, "");
            case 3 -> lines.set(at, lines.get(at) + " " + lines.get(at));
            default -> lines.set(at, lines.get(at) + (char) choices.below(1 << 16));
        }
        return String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
    }

    private byte[] bytes(byte[] content) {
        final int at = choices.below(content.length + 1);
        return switch (choices.below(4)) {
            case 0 -> Arrays.copyOf(content, at);
            case 1 -> Arrays.copyOf(content, content.length + at);
            case 2 -> filled(content, at, 4);
            default -> filled(content, at, 1);
        };
    }

    private byte[] filled(byte[] content, int at, int count) {
        final byte[] filled = content.clone();
        Arrays.fill(filled, at, Math.min(at + count, filled.length), (byte) choices.below(256));
        return filled;
    }

    private static String text(byte[] content) {
        return new String(content, StandardCharsets.UTF_8);
    }
}
