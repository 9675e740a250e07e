package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import dev.finetune.checkpoint.LoadReport;
import dev.finetune.checkpoint.OutputRows;
import dev.finetune.data.Text;
import dev.finetune.error.OutOfMemoryException;
import dev.finetune.head.Prediction;
import dev.finetune.internal.run.LoadedModel;
import dev.finetune.internal.run.Predictor;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Network;
import dev.finetune.spi.Assembly;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Predictions in batches that memory doesn't suffice for. */
class PredictionInPartsTest {
    /** A petabyte, which no system gives: LibTorch's allocator fails for real. */
    private static final long ABSURD = 1L << 48;

    /** Of one length, for the tiny network looks at padding. */
    private static final List<Text> TEXTS = IntStream.range(0, 16)
            .mapToObj(i -> Text.of("bcd" + (char) ('b' + i % 14)))
            .toList();

    private final Settings settings = new Settings();
    private final List<Integer> tried = new ArrayList<>();

    /** What a network says that has memory for so many rows at once. */
    private List<Prediction> predictions(int room) {
        final Network network = FaultyStage.in(TinyNet.of(5, 2, 0.1), 1, (input, batch, context) -> {
            tried.add(batch.size());
            if (batch.size() > room) {
                torch.empty(ABSURD);
            }
            return input;
        });
        final Assembly<Text> assembly = new Assembly<>(
                network,
                new Rows(),
                TrainerTest.TASK,
                new LoadReport(List.of(), List.of(), List.of(), List.of(), List.of(), ""),
                new JsonObject());
        try (LoadedModel<Text> model = new LoadedModel<>(
                assembly,
                Path.of("tiny"),
                "tiny",
                Optional.empty(),
                new OutputRows.Anew(),
                Optional.empty(),
                Tensors.cpu())) {
            return new Predictor<>(model, settings.make()).predict(TEXTS);
        }
    }

    @Test
    void areComputedHalfAsManyAtOnceFromThenOnAndSayTheSame() {
        final List<Prediction> atOnce = predictions(Integer.MAX_VALUE);
        tried.clear();

        final List<Prediction> inParts = predictions(2);

        assertThat(tried.subList(0, 3)).isSortedAccordingTo((a, b) -> b - a);
        assertThat(tried.subList(tried.indexOf(2), tried.size())).allMatch(rows -> rows <= 2);
        for (int i = 0; i < atOnce.size(); i++) {
            assertThat(inParts.get(i).label()).isEqualTo(atOnce.get(i).label());
            assertThat(inParts.get(i).logits().get(0))
                    .containsExactly(atOnce.get(i).logits().get(0), Offset.offset(1e-6f));
        }
    }

    @Test
    void anInputThatDoesNotFitAloneIsAnError() {
        assertThatThrownBy(() -> predictions(0))
                .isInstanceOf(OutOfMemoryException.class)
                .hasMessageContainingAll("Predicting a batch of 1 input", "had no 1125.9 TB to give");
        assertThat(tried).endsWith(1);
    }
}
