package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** A process that sums tensors with others, by a stand-in for NCCL where it can, and says checksums of the bits and what was asked of it. */
final class NcclPeer {
    static final int ROUNDS = 3;

    private NcclPeer() {}

    /**
     * Meets and adds up.
     *
     * @param args a folder for the stand-in, and what goes wrong there
     */
    public static void main(String[] args) {
        final Processes self = Processes.fromEnvironment().nccl().timeout(Duration.ofSeconds(20));
        final FilesNccl library = new FilesNccl(Path.of(args[0]), self.rank(), FilesNccl.Fault.valueOf(args[1]));
        try (Companions met = Companions.join(self, library)) {
            addUp(met);
        } catch (FinetuneException e) {
            System.out.println("ended with: " + e.getMessage());
        }
        System.out.println("asked: " + String.join(" ", library.asked()));
    }

    /** Large and small ones. */
    static List<Tensor> some(List<Tensor> tensors) {
        return tensors.subList(0, 4);
    }

    private static void addUp(Companions met) {
        try (TensorScope scope = TensorScope.open()) {
            final List<Tensor> first = some(SharedMemoryPeer.tensors(met.rank(), ROUNDS));
            met.broadcast(first);
            System.out.println("first " + SharedMemoryPeer.hash(first));
            for (int round = 0; round < ROUNDS; round++) {
                final List<Tensor> tensors = some(SharedMemoryPeer.tensors(met.rank(), round));
                met.sum(tensors);
                System.out.println("sum " + SharedMemoryPeer.hash(tensors));
            }
        } catch (FinetuneException e) {
            met.fail(e);
            throw e;
        }
    }
}
