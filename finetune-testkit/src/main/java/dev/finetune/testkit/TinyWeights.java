package dev.finetune.testkit;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The tensors of a tiny checkpoint, and their file in the format safetensors. Written without the library, which reads it: what
 * both would get wrong alike would go unseen.
 */
final class TinyWeights {
    private final JsonObject description = new JsonObject();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();

    TinyWeights() {
        final JsonObject metadata = new JsonObject();
        metadata.addProperty("format", "pt");
        description.add("__metadata__", metadata);
    }

    /** Numbers around 0, drawn by a name: the same in every process, on every machine. */
    static float[] numbers(String name, double deviation, int count) {
        final SplittableRandom random = new SplittableRandom(name.hashCode());
        final double width = 2 * Math.sqrt(3) * deviation; // Of the uniform distribution with this deviation.
        final float[] values = new float[count];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((random.nextDouble() - 0.5) * width);
        }
        return values;
    }

    /** Adds numbers around 0, drawn by the tensor's name. */
    void drawn(String name, double deviation, int... shape) {
        given(name, numbers(name, deviation, size(shape)), shape);
    }

    /** Adds one number over and over. */
    void filled(String name, float value, int... shape) {
        final float[] values = new float[size(shape)];
        Arrays.fill(values, value);
        given(name, values, shape);
    }

    /** Adds a square weight that multiplies by one number, and a bias of zeros. */
    void scaling(String name, float factor, int width) {
        final float[] values = new float[width * width];
        for (int i = 0; i < width; i++) {
            values[i * width + i] = factor;
        }
        given(name + ".weight", values, width, width);
        filled(name + ".bias", 0, width);
    }

    /** Adds a weight (out, in) and a bias of zeros. */
    void linear(String name, double deviation, int in, int out) {
        drawn(name + ".weight", deviation, out, in);
        filled(name + ".bias", 0, out);
    }

    /** Adds a scale of ones and a shift of zeros. */
    void norm(String name, int width) {
        filled(name + ".weight", 1, width);
        filled(name + ".bias", 0, width);
    }

    /** Adds one whole number, without dimensions. */
    void count(String name, long value) {
        final byte[] number = new byte[Long.BYTES];
        over(number).putLong(value);
        add(name, "I64", number);
    }

    /** Adds these numbers. */
    void given(String name, float[] values, int... shape) {
        final byte[] numbers = new byte[values.length * Float.BYTES];
        over(numbers).asFloatBuffer().put(values);
        add(name, "F32", numbers, shape);
    }

    private void add(String name, String type, byte[] bytes, int... shape) {
        final int from = data.size();
        data.writeBytes(bytes);
        final JsonObject tensor = new JsonObject();
        tensor.addProperty("dtype", type);
        tensor.add("shape", array(shape));
        tensor.add("data_offsets", array(from, data.size()));
        description.add(name, tensor);
    }

    private static JsonArray array(int... numbers) {
        final JsonArray array = new JsonArray();
        IntStream.of(numbers).forEach(array::add);
        return array;
    }

    /** Writes the length of the description, the description in JSON, padded to 8 bytes, and the numbers. */
    void write(Path file) throws IOException {
        final String json = description.toString();
        final byte[] head = (json + " ".repeat(-json.length() & 7)).getBytes(StandardCharsets.US_ASCII);
        final byte[] all = new byte[Long.BYTES + head.length + data.size()];
        over(all).putLong(head.length).put(head).put(data.toByteArray());
        Files.write(file, all);
    }

    private static ByteBuffer over(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int size(int... shape) {
        return IntStream.of(shape).reduce(1, Math::multiplyExact);
    }
}
