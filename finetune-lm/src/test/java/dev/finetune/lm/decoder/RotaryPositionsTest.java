package dev.finetune.lm.decoder;

import static dev.finetune.testkit.Numbers.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Attention;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.KeyValueCache;
import dev.finetune.spi.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rotary positions of all types are those of Transformers. */
class RotaryPositionsTest {
    private static final int HEAD = 16;
    private static final int POSITIONS = 128;

    static Stream<JsonObject> cases() throws IOException {
        final String json = Files.readString(Path.of("src/test/resources/rotary/rotary.json"));
        return StreamSupport.stream(
                        JsonParser.parseString(json).getAsJsonArray().spliterator(), false)
                .map(JsonElement::getAsJsonObject);
    }

    private static RotaryPositions read(JsonObject config) {
        return RotaryPositions.read(ModelConfig.of(Path.of("config.json"), config), HEAD, POSITIONS);
    }

    private static JsonObject with(String key, JsonElement parameters) {
        final JsonObject config = new JsonObject();
        config.add(key, parameters);
        return config;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void cosinesAndSinesAreThoseOfTransformers(JsonObject expected) {
        final JsonObject parameters = expected.getAsJsonObject("rope_parameters");
        compare(read(with("rope_parameters", parameters)), expected);

        // As versions before 5 wrote it.
        final JsonObject before = parameters.deepCopy();
        final JsonElement base = before.remove("rope_theta");
        final JsonObject config = new JsonObject();
        config.add("rope_theta", base);
        if (!before.get("rope_type").getAsString().equals("default")) {
            config.add("rope_scaling", before);
        }
        compare(read(config), expected);
    }

    /** A one before a zero turns into a cosine before a sine. */
    private static void compare(RotaryPositions positions, JsonObject expected) {
        final int length = expected.get("length").getAsInt();
        final float[] ones = new float[length * HEAD];
        for (int i = 0; i < ones.length; i++) {
            ones[i] = i % HEAD < HEAD / 2 ? 1 : 0;
        }
        final HostBatch host =
                new HostBatch(Map.of("input_ids", new HostTensor.Longs(new long[length], 1, length)), List.of());
        try (TensorScope scope = TensorScope.open();
                Batch batch = new Batch(host, Tensors.cpu())) {
            final Tensor turned =
                    positions.turn(Tensors.of(ones, 1, length, HEAD), 1, batch, ForwardContext.evaluating());
            final float[] found = Tensors.floats(turned);
            for (int i = 0; i < expected.getAsJsonArray("positions").size(); i++) {
                final int position = expected.getAsJsonArray("positions").get(i).getAsInt();
                final float[] wanted = new float[HEAD];
                for (int j = 0; j < HEAD / 2; j++) {
                    wanted[j] = number(expected, "cosines", i, j);
                    wanted[HEAD / 2 + j] = number(expected, "sines", i, j);
                }
                final float[] own = Arrays.copyOfRange(found, position * HEAD, (position + 1) * HEAD);
                assertClose(own, wanted, 2e-5, expected.get("rope_parameters") + " at " + position);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tokensThatAreReadTogetherTurnAsOneByOne(JsonObject expected) {
        final RotaryPositions positions = read(with("rope_parameters", expected.getAsJsonObject("rope_parameters")));
        for (int first : new int[] {28, 60, 124, 250}) {
            final float[] together = turnedAfter(positions, first, 9);
            for (int i = 0; i < 9; i++) {
                final float[] own = Arrays.copyOfRange(together, i * HEAD, (i + 1) * HEAD);
                assertClose(own, turnedAfter(positions, first + i, 1), 1e-6, "position " + (first + i));
            }
        }
    }

    /** Tokens that are read after so many. */
    private static float[] turnedAfter(RotaryPositions positions, int first, int count) {
        final float[] ones = new float[count * HEAD];
        Arrays.fill(ones, 1);
        final long[] places = LongStream.range(first, first + count).toArray();
        final HostBatch host = new HostBatch(
                Map.of(
                        "input_ids", new HostTensor.Longs(new long[count], 1, count),
                        "position_ids", new HostTensor.Longs(places, 1, count)),
                List.of());
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                KeyValueCache cache = new KeyValueCache(100);
                Batch batch = new Batch(host, Tensors.cpu())) {
            final Tensor read = Tensors.of(new float[first * 2], 1, first, 2);
            new Attention(1, new Dropout(0), true).forward(read, read, read, null, ForwardContext.continuing(cache));
            assertThat(cache.length()).isEqualTo(first);
            return Tensors.floats(
                    positions.turn(Tensors.of(ones, 1, count, HEAD), 1, batch, ForwardContext.continuing(cache)));
        }
    }

    private static float number(JsonObject expected, String key, int position, int at) {
        return expected.getAsJsonArray(key)
                .get(position)
                .getAsJsonArray()
                .get(at)
                .getAsFloat();
    }

    @Test
    void ofBothSpellingsTransformersTakesTheOlderOneAloneSoThatTheOtherMustSayTheSame() {
        final JsonObject both = JsonParser.parseString("{\"rope_theta\": 500, \"rope_scaling\": {\"type\": \"linear\","
                        + " \"factor\": 2}, \"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": 2.0,"
                        + " \"rope_theta\": 500.0}}")
                .getAsJsonObject();
        assertThat(read(both)).isNotNull();
        both.getAsJsonObject("rope_parameters").addProperty("rope_theta", 1e6);
        assertThatThrownBy(() -> read(both))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"rope_scaling\" and \"rope_parameters\"")
                .hasMessageContaining("\"rope_theta\": 1000000.0");
        both.add("rope_scaling", new JsonObject());
        assertThat(read(both)).isNotNull();
    }

    @Test
    void whatIsNotKnownOrMissingIsNamed() {
        assertThatThrownBy(() -> read(with("rope_parameters", JsonParser.parseString("{\"rope_type\": \"spiral\"}"))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("spiral")
                .hasMessageContaining("longrope");
        assertThatThrownBy(() -> read(with("rope_scaling", JsonParser.parseString("{\"type\": \"linear\"}"))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"factor\"");
        assertThatThrownBy(() -> read(with(
                        "rope_parameters",
                        JsonParser.parseString("{\"rope_type\": \"longrope\", \"factor\": 2, \"short_factor\": [1]}"))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("short_factor")
                .hasMessageContaining("8 numbers");
        assertThatThrownBy(() -> read(with("partial_rotary_factor", JsonParser.parseString("0.5"))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("partial_rotary_factor");
        assertThat(read(new JsonObject())).isNotNull();
    }
}
