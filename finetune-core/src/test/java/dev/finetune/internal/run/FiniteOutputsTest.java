package dev.finetune.internal.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.Tensors;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FiniteOutputsTest {
    @Test
    void numbersGoThrough() {
        try (Tensor tensor = Tensors.of(new float[] {1, -3e38f}, 1, 2)) {
            assertThat(FiniteOutputs.checked(Map.of("logits", tensor), Optional::empty))
                    .containsKey("logits");
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void whatIsNoNumberIsRefusedByName(float odd) {
        try (Tensor tensor = Tensors.of(new float[] {1, odd}, 1, 2)) {
            assertThatThrownBy(() -> FiniteOutputs.checked(Map.of("logits", tensor), Optional::empty))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("outputs (logits) are not finite");
        }
    }
}
