package dev.finetune.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class OutputsTest {
    @Test
    void aMissingOutputIsNamedBesideThoseThatAreThere() {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor some = Tensors.of(new float[] {1}, 1);
            final Map<String, Tensor> outputs = Map.of("score", some, "hidden", some);

            assertThat(Outputs.named(outputs, "score")).isSameAs(some);
            assertThatThrownBy(() -> Outputs.named(outputs, "logits"))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageStartingWith("The network's head gives [hidden, score], and its task reads \"logits\"");
        }
    }
}
