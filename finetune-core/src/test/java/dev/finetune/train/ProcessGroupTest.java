package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Encoded;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Two parts of every batch, each computed by a copy of the network, are together what the whole batch is. */
class ProcessGroupTest {
    private static final int STEPS = 4;
    private static final int ROWS = 8;

    /** Rows of one length, for the tiny network looks at padding. */
    private static final List<Encoded> ALL = IntStream.range(0, STEPS * ROWS)
            .<Encoded>mapToObj(i -> new Rows.Row(List.of(1 + i % 15, 1 + i * 7 % 15, 1 + i * 4 % 15)))
            .toList();

    private final Settings settings = new Settings();

    /** Another process as it were: it has the same weights, and computes the rows that this one doesn't. */
    private static final class Other implements ProcessGroup {
        private final Network own;
        private final Network copy = TinyNet.of(5, 2, 0);
        private final int share;
        private double whole;
        private int step;

        Other(Network own, int share) {
            this.own = own;
            this.share = share;
        }

        @Override
        public int rank() {
            return 0;
        }

        @Override
        public int size() {
            return 2;
        }

        /** It has as many rows and as many gradients, goes on as long, and its loss is not looked at. */
        @Override
        public List<byte[]> gather(byte[] own) {
            if (own.length == Double.BYTES && ByteBuffer.wrap(own).getDouble() == ROWS - share) {
                whole = ROWS;
                return List.of(own, ByteBuffer.allocate(Double.BYTES).putDouble(share).array());
            }
            return List.of(own, own);
        }

        @Override
        public void broadcast(List<Tensor> tensors) {}

        @Override
        public void sum(List<Tensor> gradients) {
            follow();
            final List<Encoded> rows = ALL.subList(step * ROWS + ROWS - share, (step + 1) * ROWS);
            step++;
            try (TensorScope scope = TensorScope.open();
                    Batch batch = new Batch(TinyNet.batch(rows), Tensors.cpu())) {
                TrainerTest.TASK
                        .lossSum(copy.forward(batch, ForwardContext.training(1, true)), batch)
                        .mul(new Scalar(1 / whole))
                        .backward();
                try (GradientMode off = GradientMode.off()) {
                    for (int i = 0; i < gradients.size(); i++) {
                        gradients.get(i).add_(copy.parameters().get(i).value().grad());
                    }
                }
            }
            Optimizer.forgetGradients(copy.parameters());
        }

        private void follow() {
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off()) {
                for (int i = 0; i < own.parameters().size(); i++) {
                    final Parameter parameter = copy.parameters().get(i);
                    parameter.value().copy_(own.parameters().get(i).value());
                }
            }
        }
    }

    /** The rows of each step that this process computes. */
    private static EncodedRows rows(int of) {
        final List<Encoded> some = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            some.addAll(ALL.subList(step * ROWS, step * ROWS + of));
        }
        return new EncodedRows(some, new Rows(), new EncodedRows.Order(of, true, false, false, 3));
    }

    private Trainer trainer(Network network) {
        settings.epochs = 1;
        settings.maxGradientNorm = 0.1; // So that it is clipped by the norm of the whole.
        return TrainerTest.unwatched(network, TrainerTest.TASK, settings.make());
    }

    @Test
    void partsOfABatchTrainAsTheWholeDoesHoweverUnequalTheyAre() {
        for (int share : new int[] {ROWS / 2, 1}) {
            try (Network whole = TinyNet.of(5, 2, 0);
                    Network part = TinyNet.of(5, 2, 0)) {
                final Other other = new Other(part, share);
                try (Network copy = other.copy) {
                    final List<StepReport> expected =
                            trainer(whole).train(rows(ROWS), Optional.empty()).steps();
                    final List<StepReport> found = trainer(part)
                            .with(other)
                            .train(rows(ROWS - share), Optional.empty())
                            .steps();
                    assertThat(found).hasSize(STEPS);
                    for (int step = 0; step < STEPS; step++) {
                        assertThat(found.get(step).gradientNorm())
                                .isCloseTo(expected.get(step).gradientNorm(), within(1e-5));
                    }
                    assertThat(expected.get(0).gradientNorm()).as("clipped").isGreaterThan(0.1);
                    for (int i = 0; i < whole.parameters().size(); i++) {
                        assertThat(Tensors.floats(part.parameters().get(i).value()))
                                .as(whole.parameters().get(i).name())
                                .containsExactly(
                                        Tensors.floats(whole.parameters().get(i).value()), within(1e-5f));
                    }
                }
            }
        }
    }
}
