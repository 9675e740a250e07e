package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.vision.Augment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AugmentationNamesTest {
    @Test
    void namesAndNumbersBecomeAugmentationsInTheirOrder() {
        assertThat(AugmentationNames.parse(List.of(
                        "random-resized-crop:224",
                        "flip",
                        "color-jitter:0.1:0.2:0.3:0.05",
                        "rotation:15",
                        "rand-augment",
                        "trivial-augment",
                        "random-erasing:0.3",
                        "crop:32:4",
                        "mixup:0.2",
                        "cutmix:1.0")))
                .containsExactly(
                        Augment.randomResizedCrop(224),
                        Augment.horizontalFlip(),
                        Augment.colorJitter(0.1, 0.2, 0.3, 0.05),
                        Augment.rotation(15),
                        Augment.randAugment(),
                        Augment.trivialAugment(),
                        Augment.randomErasing(0.3),
                        Augment.randomCrop(32, 4),
                        Augment.mixup(0.2),
                        Augment.cutMix(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sepia", "flip:much", "crop:32", "rotation", "crop:32.5:4", ""})
    void whatCanNotBeReadIsNamed(String said) {
        assertThatThrownBy(() -> AugmentationNames.parse(List.of(said)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("--augment " + said);
    }
}
