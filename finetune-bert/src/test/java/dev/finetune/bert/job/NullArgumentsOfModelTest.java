package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.NullArguments;
import dev.finetune.calibration.DecisionMetric;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.explain.Explain;
import dev.finetune.explain.ExplanationMethod;
import dev.finetune.head.Prediction;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NullArgumentsOfModelTest {
    private static final NullArguments NULLS = new NullArguments(Map.of(
            Object.class, Text.of("great"),
            List.class, List.of(Text.of("great")),
            Class.class, Prediction.Category.class,
            Dataset.class, Jobs.data(8, 1),
            Overwrite.class, Overwrite.ANY,
            DecisionMetric.class, DecisionMetric.f1(),
            ExplanationMethod.class, Explain.occlusion(),
            Path.class, Path.of("nowhere")));

    @Test
    void anArgumentThatIsNullIsNamedByAModel() {
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class)) {
            assertThat(NULLS.unnamedIn(model, method -> true)).isEmpty();
        }
    }
}
