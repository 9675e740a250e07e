package dev.finetune.internal.distributed;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** What sums and copies tensors between processes, which all call the same of it in the same order. Used by one thread at a time. */
interface Exchange {
    /**
     * Puts in place of each tensor the sum of all processes' tensors, the same to the bit in all of them.
     *
     * @param tensors of the same shapes in the same order in all processes; borrowed for the call, and changed
     */
    void sum(List<Tensor> tensors);

    /**
     * Puts in place of each tensor that of the first process.
     *
     * @param tensors as for {@link #sum}
     */
    void broadcast(List<Tensor> tensors);
}
