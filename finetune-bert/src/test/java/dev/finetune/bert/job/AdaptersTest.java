package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.Adapters;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Heads;
import dev.finetune.head.Prediction;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Lora;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdaptersTest {
    private static final List<Text> TEXTS = Jobs.texts(6, 9);

    @TempDir
    private static Path folder;

    private static List<Map<String, Double>> first;
    private static List<Map<String, Double>> second;

    @BeforeAll
    static void trainTwo() {
        first = trained("first", 1);
        second = trained("second", 2);
    }

    private static FineTuner base() {
        return FineTuner.from(Jobs.model("bert-sequence-classification")).maxLength(32);
    }

    private static List<Map<String, Double>> trained(String name, long seed) {
        try (FineTuned<Text> tuned =
                Jobs.classifier().seed(seed).lora(Lora.rank(2)).epochs(1).fitAll(Jobs.data(32, seed))) {
            tuned.saveAdapter(folder.resolve(name));
            return probabilities(tuned.predict(TEXTS));
        }
    }

    private static List<Map<String, Double>> probabilities(List<Prediction> predictions) {
        return predictions.stream().map(Prediction::probabilities).toList();
    }

    @Test
    void eachOfManyTasksOverOneBasePredictsAsItsOwnModelDid() {
        try (Adapters<Text> tasks = Adapters.over(base(), Text.class)) {
            tasks.add("first", Heads.classes("bad", "good"), folder.resolve("first"));
            tasks.add("second", Heads.classes("bad", "good"), folder.resolve("second"));
            assertThat(tasks.names()).containsExactly("first", "second");
            assertThat(probabilities(tasks.predict("first", TEXTS))).isEqualTo(first);
            assertThat(probabilities(tasks.predict("second", TEXTS)))
                    .isEqualTo(second)
                    .isNotEqualTo(first);
            assertThat(tasks.evaluate("second", Jobs.data(16, 3)).names()).contains("accuracy");
            final List<List<Map<String, Double>>> atOnce = IntStream.range(0, 8)
                    .parallel()
                    .mapToObj(i -> probabilities(tasks.predict(i % 2 == 0 ? "first" : "second", TEXTS)))
                    .toList();
            IntStream.range(0, 8).forEach(i -> assertThat(atOnce.get(i)).isEqualTo(i % 2 == 0 ? first : second));
        }
    }

    @Test
    void theBaseIsHeldOnceAndOutlivesTheAdapterThatCameFirst() {
        try (Adapters<Text> tasks = Adapters.over(base(), Text.class)) {
            tasks.add("first", Heads.classes("bad", "good"), folder.resolve("first"));
            tasks.add("second", Heads.classes("bad", "good"), folder.resolve("second"));
            tasks.remove("first");
            assertThat(tasks.names()).containsExactly("second");
            assertThat(probabilities(tasks.predict("second", TEXTS))).isEqualTo(second);
        }
        try (FineTuned<Text> one = base().head("bad", "good")
                        .adapter(folder.resolve("first"))
                        .untrained(Text.class);
                FineTuned<Text> other = base().head("bad", "good")
                        .adapter(folder.resolve("second"))
                        .untrained(Text.class)) {
            other.assembly().network().shareFrozen(one.assembly().network(), name -> name.contains("layer.0"));
            final Map<String, Parameter> ones = parameters(one);
            parameters(other)
                    .forEach((name, parameter) -> assertThat(
                                    address(parameter) == address(ones.getOrDefault(name, parameter)))
                            .as(name)
                            .isEqualTo(!parameter.isTrained() && !name.contains("layer.0")));
        }
    }

    @Test
    void eachKeepsItsOwnWeightsWhateverTheBaseIsToldToFreeze() {
        for (Freeze freeze : List.of(Freeze.allButHead(), Freeze.firstLayers(2), Freeze.where(name -> true))) {
            try (Adapters<Text> tasks = Adapters.over(base().freeze(freeze), Text.class)) {
                tasks.add("first", Heads.classes("bad", "good"), folder.resolve("first"));
                tasks.add("second", Heads.classes("bad", "good"), folder.resolve("second"));
                assertThat(probabilities(tasks.predict("first", TEXTS))).isEqualTo(first);
                assertThat(probabilities(tasks.predict("second", TEXTS)))
                        .as("%s", freeze)
                        .isEqualTo(second);
            }
        }
    }

    private static Map<String, Parameter> parameters(FineTuned<Text> model) {
        return model.assembly().network().parameters().stream()
                .collect(Collectors.toMap(Parameter::name, Function.identity()));
    }

    private static long address(Parameter parameter) {
        return parameter.value().data_ptr().address();
    }

    @Test
    void unknownNamesAndSecondOnesOfANameAreRefused() {
        try (Adapters<Text> tasks = Adapters.over(base(), Text.class)) {
            tasks.add("first", Heads.classes("bad", "good"), folder.resolve("first"));
            assertThatThrownBy(() -> tasks.add("first", Heads.classes("bad", "good"), folder.resolve("second")))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("already");
            assertThatThrownBy(() -> tasks.predict("third", TEXTS.get(0)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("\"third\"")
                    .hasMessageContaining("[first]");
            assertThatThrownBy(() -> tasks.add("none", Heads.classes("bad", "good"), folder.resolve("nowhere")))
                    .hasMessageContaining("adapter_config.json");
            assertThat(probabilities(tasks.predict("first", TEXTS))).isEqualTo(first);
        }
    }
}
