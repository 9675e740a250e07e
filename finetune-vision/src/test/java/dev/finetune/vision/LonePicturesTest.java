package dev.finetune.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Heads;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Buffer;
import dev.finetune.train.StepReport;
import dev.finetune.vision.image.Crop;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.image.Resize;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A last batch of one picture, where a network's last maps are 1 x 1: PyTorch refuses to train a batch norm on it ("Expected
 * more than 1 value per channel when training"), and LibTorch's kernel alone makes the running variance NaN.
 */
class LonePicturesTest {
    private static final Path MODEL = Path.of("src/test/resources/golden/resnet-basic/model");

    /** Halved five times, 32 pixels are one, and 33 are two. */
    private static FineTuner tuner(int side) {
        return FineTuner.from(MODEL)
                .head("a", "b")
                .inputs(Preprocessing.IMAGENET
                        .withResize(new Resize.Exact(side, side))
                        .withCrop(new Crop.None()))
                .batchSize(4)
                .epochs(2)
                .lr(1e-4);
    }

    private static List<Example<Image>> pictures(int count) {
        final Random random = new Random(3);
        final List<Example<Image>> pictures = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final byte[] grey = new byte[32 * 32];
            random.nextBytes(grey);
            pictures.add(new Example<>(Image.grey(grey, 32, 32), Label.of(i % 2 == 0 ? "a" : "b")));
        }
        return pictures;
    }

    private static Dataset<Image> data(int count) {
        return Dataset.of(Image.class, pictures(count));
    }

    private static List<Integer> sizes(FineTuned<Image> tuned) {
        return tuned.history().orElseThrow().steps().stream()
                .map(StepReport::rows)
                .toList();
    }

    private static void assertStatisticsAreFinite(FineTuned<Image> tuned) {
        for (Buffer buffer : tuned.assembly().network().buffers()) {
            if (!buffer.name().endsWith("num_batches_tracked")) {
                for (float value : Tensors.floats(buffer.value())) {
                    assertThat(value).as(buffer.name()).isFinite();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneThatIsLeftJoinsTheBatchBeforeItAndThatIsSaid(boolean balanced) {
        final FineTuner tuner = balanced ? tuner(32).batching(b -> b.balancedSampling(true)) : tuner(32);
        try (FineTuned<Image> tuned = tuner.fit(data(9), data(9))) {
            assertThat(sizes(tuned)).containsExactly(4, 5, 4, 5);
            assertStatisticsAreFinite(tuned);
            assertThat(tuned.evaluation().get("loss")).isFinite();
            assertThat(tuned.provenance().warnings())
                    .anySatisfy(warning -> assertThat(warning)
                            .contains("9 rows in batches of 4 leave one row alone", "joins the batch before it"));
        }
    }

    @Test
    void whereItsMapsAreLargerOrNothingIsNormalisedByTheBatchItStaysAlone() {
        try (FineTuned<Image> larger = tuner(33).fitAll(data(9));
                FineTuned<Image> frozen = tuner(32).freeze(Freeze.batchNorms()).fitAll(data(9));
                FineTuned<Image> even = tuner(32).fitAll(data(10))) {
            assertThat(sizes(larger)).containsExactly(4, 4, 1, 4, 4, 1);
            assertThat(sizes(frozen)).containsExactly(4, 4, 1, 4, 4, 1);
            assertThat(sizes(even)).containsExactly(4, 4, 2, 4, 4, 2);
            assertStatisticsAreFinite(larger);
            assertThat(larger.provenance().warnings()).noneMatch(warning -> warning.contains("alone"));
        }
    }

    @Test
    void whatIsUnfrozenLaterCountsFromTheStart() {
        try (FineTuned<Image> tuned = tuner(32)
                .preservation(p -> p.gradualUnfreezing(0.25))
                .optimization(o -> o.accumulate(2))
                .fitAll(data(9))) {
            assertThat(sizes(tuned)).containsExactly(9, 9);
            assertStatisticsAreFinite(tuned);
        }
    }

    @Test
    void aStreamsLastPictureJoinsAlsoWhereItWouldBeAloneInItsWindow() {
        for (int count : new int[] {9, 2 * 64 + 1}) {
            final List<Example<Image>> pictures = pictures(count);
            final Dataset<Image> stream = Dataset.streamed(Image.class, pictures::stream);
            try (FineTuned<Image> tuned =
                    tuner(32).batchSize(count == 9 ? 4 : 2).maxSteps(count / 2).fitAll(stream)) {
                assertThat(sizes(tuned)).contains(count == 9 ? 5 : 3).doesNotContain(1);
                assertStatisticsAreFinite(tuned);
            }
        }
    }

    @Test
    void whereEveryBatchHasOneItIsRefusedBeforeTraining() {
        assertThatThrownBy(() -> tuner(32).batchSize(1).fitAll(data(4)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("batchSize(1) gives batches of one row")
                .hasMessageContaining("Expected more than 1 value per channel when training")
                .hasMessageContaining("batchSize(2)");
        final Dataset<Image> one =
                Dataset.of(Image.class, List.of(new Example<>(Image.grey(new byte[32 * 32], 32, 32), Label.of(1.0))));
        assertThatThrownBy(() -> tuner(32).head(Heads.regression()).fitAll(one))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("One row of training data");
        try (FineTuned<Image> tuned = tuner(33).batchSize(1).epochs(1).fitAll(data(4))) {
            assertThat(sizes(tuned)).containsExactly(1, 1, 1, 1);
        }
    }
}
