package dev.finetune.train;

import dev.finetune.internal.Seeds;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Several processes that train copies of one network together, each on its part of the data: what they tell each other. All call
 * the same methods in the same order, and each call waits for all of them. Used by the thread that trains only.
 *
 * <p>What it throws ends the training: a {@link dev.finetune.error.FinetuneException} that names the process that is lost, or that
 * failed, and why.
 */
public interface ProcessGroup {
    /** {@return which of the processes this one is, counted from 0; process 0 writes what is to be written} */
    int rank();

    /** {@return how many processes there are} */
    int size();

    /**
     * {@return the seed of what is to be random in each process by itself, such as the order of its rows and its dropout; in process
     * 0 the common one}
     *
     * @param common to all
     */
    default long seed(long common) {
        return rank() == 0 ? common : Seeds.of(common, -rank());
    }

    /**
     * {@return what all processes say, in the order of their ranks}
     *
     * @param own what this one says
     */
    List<byte[]> gather(byte[] own);

    /**
     * Puts in place of each tensor the sum of all processes' tensors, the same to the bit in all of them.
     *
     * @param tensors floating-point, of the same shapes in the same order in all processes; borrowed for the call, and changed
     */
    void sum(List<Tensor> tensors);

    /**
     * {@return how many numbers are worth a sum of their own that is begun early ({@link #begin}) and goes on while this process
     * computes; 0 where sums don't} All ask it together.
     */
    default long earlySum() {
        return 0;
    }

    /**
     * Begins what {@link #sum} does, and waits for nobody. All begin the same sums in the same order, and everything else that they do
     * together in the same order too, but not necessarily between the same two sums.
     *
     * @param tensors on the CPU, of the same shapes in the same order in all processes; nothing else reads or writes what is in them
     *     until the sum is there
     * @return what is under way
     * @throws UnsupportedOperationException by default, as {@link #earlySum} asks nobody to begin anything
     */
    default Sum begin(List<Tensor> tensors) {
        throw new UnsupportedOperationException("earlySum() promises it");
    }

    /**
     * Puts in place of each tensor that of process 0.
     *
     * @param tensors of the same shapes and types in the same order in all processes; borrowed for the call, and changed
     */
    void broadcast(List<Tensor> tensors);

    /** A sum that is under way. Owns what it needs until it is closed, on which it may go on in vain. */
    interface Sum extends AutoCloseable {
        /** Waits until it is there; once all processes have begun it. */
        void await();

        @Override
        void close();
    }
}
