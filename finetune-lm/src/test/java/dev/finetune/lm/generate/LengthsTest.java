package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.generate.Generated;
import dev.finetune.train.Cancellation;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a call and generation_config.json say of lengths, as Transformers 5.18 puts it together (make_lengths.py). */
class LengthsTest {
    static Stream<JsonObject> cases() throws IOException {
        try (Reader reader = new InputStreamReader(
                Objects.requireNonNull(LengthsTest.class.getResourceAsStream("/markov/lengths.json")),
                StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(reader).getAsJsonObject().getAsJsonArray("cases").asList().stream()
                    .map(JsonElement::getAsJsonObject);
        }
    }

    private static int[] ids(JsonArray json) {
        return json.asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whichOfTwoLengthsCountsIsAsInTransformers(JsonObject golden) {
        final GenerationConfig file = GenerationConfig.of(golden.getAsJsonObject("file"), "generation_config.json");
        final GenerationConfig call = GenerationConfig.of(golden.getAsJsonObject("call"), "the call");
        final List<Generated> written = Written.by(new TextGenerator(file, MarkovModel::decode)
                .write(
                        expected -> new MarkovModel(),
                        List.of(ids(golden.getAsJsonArray("prompt"))),
                        call.settings(),
                        1,
                        new Cancellation()));
        assertThat(written.get(0).ids().stream().mapToInt(id -> id).toArray())
                .isEqualTo(ids(golden.getAsJsonArray("ids")));
    }
}
