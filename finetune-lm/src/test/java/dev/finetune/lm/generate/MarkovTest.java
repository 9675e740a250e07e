package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.generate.Generated;
import dev.finetune.train.Cancellation;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What Transformers writes with a tiny model under many settings: greedy and by beams. */
class MarkovTest {
    static Stream<JsonObject> cases() {
        return MarkovModel.GOLDEN.getAsJsonArray("cases").asList().stream().map(JsonElement::getAsJsonObject);
    }

    static List<int[]> prompts(JsonObject golden) {
        return golden.getAsJsonArray("prompts").asList().stream()
                .map(each -> ids(each.getAsJsonArray()))
                .toList();
    }

    private static int[] ids(JsonArray json) {
        return json.asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tokensTextsAndScoresAreThoseOfTransformers(JsonObject golden) {
        final GenerationConfig config = GenerationConfig.of(golden.getAsJsonObject("settings"), "settings");
        final List<Generated> written = Written.by(new TextGenerator(config, MarkovModel::decode)
                .write(expected -> new MarkovModel(), prompts(golden), config.settings(), 2, new Cancellation()));
        for (int input = 0; input < written.size(); input++) {
            final List<Generated> mine = new ArrayList<>(List.of(written.get(input)));
            mine.addAll(written.get(input).others());
            final JsonArray theirs = golden.getAsJsonArray("texts").get(input).getAsJsonArray();
            assertThat(mine).hasSize(theirs.size());
            for (int n = 0; n < theirs.size(); n++) {
                final JsonObject text = theirs.get(n).getAsJsonObject();
                assertThat(mine.get(n).ids().stream().mapToInt(id -> id).toArray())
                        .as("%s, input %d, text %d", golden.get("settings"), input, n)
                        .isEqualTo(ids(text.getAsJsonArray("ids")));
                assertThat(mine.get(n).text()).isEqualTo(text.get("text").getAsString());
                assertThat(mine.get(n).score()).isCloseTo(text.get("score").getAsDouble(), Offset.offset(2e-5));
            }
        }
    }
}
