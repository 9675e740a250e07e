package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Network;
import dev.finetune.spi.Encoded;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrozenPrefixTest {
    private static Network frozen(int stages) {
        final Network network = TinyNet.of(5, 3, 0.3);
        network.stages().subList(0, stages).stream()
                .flatMap(stage -> stage.parameters().stream())
                .forEach(parameter -> parameter.setTrained(false));
        return network;
    }

    /** Rows of one length: TinyNet has no mask, so that its padding counts. */
    private static List<Encoded> rows(int count) {
        return Collections.unmodifiableList(new ArrayList<>(Rows.of(200, 9, 4).stream()
                .filter(row -> row.length() == 6)
                .limit(count)
                .toList()));
    }

    private static float[] output(FrozenPrefix prefix, List<Encoded> rows, boolean again) {
        try (TensorScope scope = TensorScope.open();
                Batch batch = new Batch(TinyNet.batch(rows), Tensors.cpu())) {
            return Tensors.floats(prefix.output(batch, again));
        }
    }

    @Test
    void whatIsKeptIsWhatIsComputedInWhateverBatchARowComesAgain() {
        final List<Encoded> rows = rows(12);
        try (Network network = frozen(3);
                FrozenPrefix keeping = new FrozenPrefix(network, true, false);
                FrozenPrefix computing = new FrozenPrefix(network, true, false)) {
            assertThat(keeping.stages()).isEqualTo(3);
            for (int i = 0; i < rows.size(); i += 4) {
                output(keeping, rows.subList(i, i + 4), true);
            }
            network.stages()
                    .get(0)
                    .parameters()
                    .get(0)
                    .value()
                    .detach()
                    .zero_(); // What is kept no longer depends on it.
            final List<Encoded> shuffled = new ArrayList<>(rows);
            Collections.shuffle(shuffled, new Random(1));
            final float[] kept = output(keeping, shuffled, true);
            assertThat(kept).isNotEqualTo(output(computing, shuffled, false));
            final List<float[]> one = new ArrayList<>();
            for (Encoded row : shuffled) {
                one.add(output(keeping, List.of(row), true));
            }
            final int width = kept.length / shuffled.size();
            for (int i = 0; i < one.size(); i++) {
                assertThat(one.get(i)).isEqualTo(java.util.Arrays.copyOfRange(kept, i * width, (i + 1) * width));
            }
        }
    }

    @Test
    void aBatchWithARowThatIsNotKeptYetIsComputed() {
        final List<Encoded> rows = rows(6);
        try (Network network = frozen(2);
                FrozenPrefix prefix = new FrozenPrefix(network, true, false);
                FrozenPrefix plain = new FrozenPrefix(network, true, false)) {
            output(prefix, rows.subList(0, 3), true);
            final float[] computed = output(plain, rows, false);
            assertThat(output(prefix, rows, true)).isEqualTo(computed);
            assertThat(output(prefix, rows, true)).containsExactly(computed, within(1e-6f));
        }
    }

    @Test
    void withoutKeepingThereIsNoPrefix() {
        try (Network network = frozen(3);
                FrozenPrefix prefix = new FrozenPrefix(network, false, false)) {
            assertThat(prefix.stages()).isZero();
        }
    }
}
