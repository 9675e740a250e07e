package dev.finetune.checkpoint;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.internal.torch.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;

/** The files that make_fixtures.py made, and what they hold. */
final class Fixtures {
    static final JsonObject EXPECTED =
            JsonParser.parseString(text(path("expected.json"))).getAsJsonObject();

    private Fixtures() {}

    static Path path(String name) {
        try {
            return Path.of(Fixtures.class.getResource("make_fixtures.py").toURI())
                    .resolveSibling(name);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every tensor as one line of text: its type, its shape and its bytes. */
    static Map<String, String> expected(String file) {
        Map<String, String> expected = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> entry :
                EXPECTED.getAsJsonObject(file).entrySet()) {
            JsonObject tensor = entry.getValue().getAsJsonObject();
            long[] shape = tensor.getAsJsonArray("shape").asList().stream()
                    .mapToLong(JsonElement::getAsLong)
                    .toArray();
            expected.put(
                    entry.getKey(),
                    tensor.get("dtype").getAsString() + " " + Arrays.toString(shape) + " "
                            + tensor.get("hex").getAsString());
        }
        return expected;
    }

    /** What the weights hold, as {@link #expected} writes it. */
    static Map<String, String> contents(Weights weights) {
        Map<String, String> contents = new LinkedHashMap<>();
        for (String name : weights.names()) {
            try (Tensor tensor = weights.read(name)) {
                contents.put(name, text(tensor));
                StoredTensor described = weights.describe(name);
                if (!Arrays.equals(described.shape(), Tensors.shape(tensor))
                        || described.dtype() != DType.of(tensor.scalar_type())
                        || described.bytes() != tensor.nbytes()
                        || !tensor.is_contiguous()) {
                    throw new AssertionError(described + " isn't what was read");
                }
            }
        }
        return contents;
    }

    static Map<String, String> contents(Path file) {
        try (Weights weights = Weights.open(file)) {
            return contents(weights);
        }
    }

    static String text(Tensor tensor) {
        return DType.of(tensor.scalar_type()).torchName() + " " + Arrays.toString(Tensors.shape(tensor)) + " "
                + hex(tensor);
    }

    private static String hex(Tensor tensor) {
        byte[] bytes = new byte[(int) tensor.nbytes()];
        if (bytes.length > 0) {
            new BytePointer(tensor.data_ptr()).get(bytes);
        }
        return HexFormat.of().formatHex(bytes);
    }
}
