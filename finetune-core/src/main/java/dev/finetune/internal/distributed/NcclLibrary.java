package dev.finetune.internal.distributed;

import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * What of NVIDIA's NCCL is called here, as one process calls it, in the thread that trains. Each method but {@link #whyNot} and
 * {@link #takes} throws a FinetuneException with NCCL's words where NCCL fails.
 */
interface NcclLibrary {
    /** Why it can't be called here, if so; nothing else is called then. */
    Optional<String> whyNot();

    /** Whether tensors are where it can exchange them: all on one GPU. Asked before anything else. */
    boolean takes(List<Tensor> tensors);

    /** Its version, such as 2.29.3. */
    String version();

    /** What tells this process's GPU from others of its machine. */
    String gpu();

    /** What tells processes that belong together from others, and where they meet: that of one of them, for all. */
    byte[] uniqueId();

    /**
     * Begins to connect this process to the others; waits for nobody.
     *
     * @param uniqueId of the first process
     */
    Communicator begin(byte[] uniqueId, int rank, int size);

    /** Whether the GPU has done all that the calling thread has begun on it. */
    boolean isIdle();

    /** Processes that are connected, or are about to be. Nothing waits but {@link #destroy} and {@link #abort}, one of which ends it. */
    interface Communicator {
        /** Whether what was begun last, be it to connect, to exchange or to finish, is ready, or on its way on the GPU. */
        boolean isReady();

        /**
         * Begins {@link Exchange#sum} on the GPU, after all that this thread has begun there.
         *
         * @param tensors that the library takes, of numbers that it can add up, each in one piece; borrowed until the GPU is idle
         */
        void sum(List<Tensor> tensors);

        /**
         * Begins {@link Exchange#broadcast}.
         *
         * @param tensors as for {@link #sum}
         */
        void broadcast(List<Tensor> tensors);

        /** Begins to take leave of the others. */
        void finish();

        /** Frees it, once it has finished. */
        void destroy();

        /** Gives up what is under way, and frees it; from any thread. */
        void abort();
    }
}
