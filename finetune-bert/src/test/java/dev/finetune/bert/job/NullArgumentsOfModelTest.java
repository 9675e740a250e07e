package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.NullArguments;
import dev.finetune.PredictionListener;
import dev.finetune.calibration.DecisionMetric;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.explain.Explain;
import dev.finetune.explain.ExplanationMethod;
import dev.finetune.generate.Generation;
import dev.finetune.head.Prediction;
import dev.finetune.preference.Dpo;
import dev.finetune.preference.PreferenceLoss;
import dev.finetune.train.Cancellation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class NullArgumentsOfModelTest {
    private static final NullArguments NULLS = new NullArguments(Map.ofEntries(
            Map.entry(Object.class, Text.of("great")),
            Map.entry(List.class, List.of(Text.of("great"))),
            Map.entry(Class.class, Prediction.Category.class),
            Map.entry(Dataset.class, Jobs.data(8, 1)),
            Map.entry(Overwrite.class, Overwrite.ANY),
            Map.entry(DecisionMetric.class, DecisionMetric.f1()),
            Map.entry(ExplanationMethod.class, Explain.occlusion()),
            Map.entry(PredictionListener.class, (PredictionListener) (inputs, took) -> {}),
            Map.entry(Generation.class, Generation.greedy()),
            Map.entry(PreferenceLoss.class, Dpo.beta(0.1)),
            Map.entry(Consumer.class, (Consumer<String>) piece -> {}),
            Map.entry(Cancellation.class, new Cancellation()),
            Map.entry(Path.class, Path.of("nowhere"))));

    @Test
    void anArgumentThatIsNullIsNamedByAModel() {
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class)) {
            assertThat(NULLS.unnamedIn(model, method -> true)).isEmpty();
        }
    }
}
