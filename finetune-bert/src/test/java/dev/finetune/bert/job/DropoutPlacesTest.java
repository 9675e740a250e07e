package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where families drop something in training. Embeddings and feed-forward parts give 0 here, so that dropout after them
 * shows nowhere: what differs between two passes was dropped after attention.
 */
class DropoutPlacesTest {
    @TempDir
    private Path folder;

    /** The logits of two passes in training, with other random numbers. */
    private float[][] logits(String family, List<String> silent, Map<String, Double> dropouts) {
        final Path model = Checkpoints.changed(
                family + "-sequence-classification", folder.resolve(family), tensors -> silence(tensors, silent));
        Checkpoints.configure(model, config -> dropouts.forEach(config::addProperty));
        try (FineTuned<Text> tuned = FineTuner.from(model)
                        .initialization(i -> i.keepHead(true))
                        .maxLength(32)
                        .untrained(Text.class);
                TensorScope scope = TensorScope.open()) {
            final InputEncoder<Text> encoder = tuned.assembly().encoder();
            final List<Example<Text>> texts = List.of(new Example<>(Text.of("the product works"), Label.none()));
            final var host = encoder.collate(encoder.encode(texts), CollateContext.predicting());
            try (Batch batch = new Batch(host, Tensors.cpu())) {
                return new float[][] {pass(tuned, batch, 1), pass(tuned, batch, 2)};
            }
        }
    }

    private static float[] pass(FineTuned<Text> tuned, Batch batch, long seed) {
        return Tensors.floats(tuned.assembly()
                .network()
                .forward(batch, ForwardContext.training(seed))
                .get("logits"));
    }

    private static void silence(Map<String, Tensor> tensors, List<String> silent) {
        tensors.forEach((name, tensor) -> {
            if (silent.stream().anyMatch(name::contains)) {
                tensor.zero_();
            }
        });
    }

    @Test
    void distilBertDropsNothingBetweenAttentionAndItsResidualSum() {
        final float[][] logits = logits(
                "distilbert",
                List.of("embeddings.LayerNorm", "ffn.lin2"),
                Map.of("dropout", 0.5, "attention_dropout", 0.0, "seq_classif_dropout", 0.0));
        assertThat(logits[0]).isEqualTo(logits[1]);
    }

    @Test
    void bertDropsOutputsOfAttention() {
        final float[][] logits = logits(
                "bert",
                List.of("embeddings.LayerNorm", "0.output.dense", "1.output.dense"),
                Map.of("hidden_dropout_prob", 0.5, "attention_probs_dropout_prob", 0.0, "classifier_dropout", 0.0));
        assertThat(logits[0]).isNotEqualTo(logits[1]);
    }
}
