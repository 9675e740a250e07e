package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.time.Duration;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A process that meets others, adds up its number with theirs, and says the sum; what names mean to it, a file of hosts says. */
final class MachinePeer {
    private MachinePeer() {}

    /**
     * Meets and adds up.
     *
     * @param args how many seconds to wait for the others
     */
    public static void main(String[] args) {
        final Duration patience = Duration.ofSeconds(Long.parseLong(args[0]));
        final Processes self =
                Processes.fromEnvironment().startTimeout(patience).timeout(Duration.ofSeconds(20));
        try (Companions met = Companions.join(self)) {
            System.out.println("sum " + sum(met));
        } catch (FinetuneException e) {
            System.out.println("ended with: " + e.getMessage());
        }
    }

    private static float sum(Companions met) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor number = Tensors.of(new float[] {1 << met.rank()}, 1);
            met.sum(List.of(number));
            return Tensors.floats(number)[0];
        } catch (FinetuneException e) {
            met.fail(e);
            throw e;
        }
    }
}
