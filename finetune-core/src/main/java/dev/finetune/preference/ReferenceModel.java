package dev.finetune.preference;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.InputEncoder;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Network;
import dev.finetune.task.Outputs;
import dev.finetune.task.Task;
import dev.finetune.train.Cancellation;
import dev.finetune.train.EncodedRows;
import dev.finetune.train.Evaluator;
import dev.finetune.train.TrainingSettings;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * What a model says of pairs before it learns from them: the reference that {@link Dpo} compares with. It is asked once for all
 * pairs, without dropout and in the precision that training has, so that no second model is needed and an epoch costs no more for
 * it. A new adapter of low rank changes nothing yet, so that with one the reference is the base.
 */
public final class ReferenceModel {
    private ReferenceModel() {}

    /**
     * {@return the pairs, in order, each knowing what the network says of it now}
     *
     * @param pairs encoded
     * @param network as it is before its first step (borrowed)
     * @param head of the network
     * @param encoder of the pairs' rows (borrowed)
     * @param settings batch sizes, which count pairs and of which the smaller one is taken, and the precision
     * @param device of the network (borrowed)
     * @param cancellation ends it
     * @throws FinetuneException if it says what is no finite number, if it is cancelled, or if the thread is interrupted
     */
    public static List<PreferencePair> asked(
            List<PreferencePair> pairs,
            Network network,
            Head head,
            InputEncoder<?> encoder,
            TrainingSettings settings,
            Device device,
            Cancellation cancellation) {
        final Asking asking = new Asking(head, cancellation);
        final int atOnce =
                Math.min(settings.batchSize().rows(), settings.evaluation().batchSize());
        final EncodedRows.Order order =
                new EncodedRows.Order(atOnce, false, false, settings.batching().groupsByLength(), settings.seed());
        Evaluator.evaluate(network, asking, new PreferenceRows(pairs, encoder, order), device, settings);
        return pairs.stream()
                .map(pair ->
                        pair.with(new PreferencePair.Reference(asking.of(pair.chosen()), asking.of(pair.rejected()))))
                .toList();
    }

    /** Keeps the log-probabilities of all rows; their sum stands for the loss, and has to be finite. */
    private static final class Asking implements Task {
        private final Head head;
        private final Cancellation cancellation;
        private final Map<Encoded, Float> said = new IdentityHashMap<>();

        Asking(Head head, Cancellation cancellation) {
            this.head = head;
            this.cancellation = cancellation;
        }

        float of(Encoded row) {
            return Objects.requireNonNull(said.get(row));
        }

        @Override
        public Head head() {
            return head;
        }

        @Override
        public double weight(HostBatch batch) {
            return batch.size();
        }

        @Override
        public Tensor lossSum(Map<String, Tensor> outputs, Batch batch) {
            return Outputs.named(outputs, "log_probabilities").sum();
        }

        @Override
        public Scorer scorer() {
            return new Scorer() {
                @Override
                public void add(Map<String, Tensor> outputs, Batch batch) {
                    if (cancellation.isRequested()) {
                        throw new FinetuneException(
                                "Training was cancelled before its first step, while the model was asked"
                                        + " what it says of the pairs, so that nothing was learned.");
                    }
                    final float[] sums = Tensors.floats(Outputs.named(outputs, "log_probabilities"));
                    for (int i = 0; i < sums.length; i++) {
                        said.put(batch.host().rows().get(i), sums[i]);
                    }
                }

                @Override
                public Metrics result(double loss) {
                    return new Metrics(Map.of());
                }
            };
        }

        @Override
        public String mainMetric() {
            return "loss";
        }

        @Override
        public List<Prediction> decode(Map<String, Tensor> outputs, HostBatch batch) {
            throw new UnsupportedOperationException("a reference predicts nothing");
        }
    }
}
