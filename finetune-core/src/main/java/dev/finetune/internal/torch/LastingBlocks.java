package dev.finetune.internal.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Memory on the CPU for tensors that stay, cut from large blocks. One by one they would lie among what comes and goes while they
 * are made, and leave holes there that add up to more than what is used. A block is freed with the last tensor in it; what of it isn't used yet
 * takes no memory, where the system gives pages as they are written to. Belongs to one thread.
 */
public final class LastingBlocks implements AutoCloseable {
    /** More than a heap of glibc's threads, so that it asks the system for them. */
    private static final long BLOCK = 65L << 20;

    /** What is larger isn't cut from a block. */
    private static final long LARGEST = BLOCK / 2;

    private static final long ALIGNMENT = 64;

    private @Nullable Tensor block;
    private long used;

    private LastingBlocks() {}

    /** Opens it; on closing, tensors stay where they are. */
    public static LastingBlocks open() {
        Natives.load();
        return new LastingBlocks();
    }

    /**
     * Moves what a tensor holds; not from a GPU, nor where it isn't in row-major order, such as pictures with channels last.
     *
     * @param tensor that no graph knows; stays the same for its holders
     */
    public void move(Tensor tensor) {
        final long bytes = tensor.nbytes();
        if (!tensor.is_cpu() || !tensor.is_contiguous() || bytes > LARGEST || bytes == 0) {
            return;
        }
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor moved = cut(bytes).view(tensor.scalar_type()).view(Tensors.shape(tensor));
            tensor.set_data(moved.copy_(tensor));
        }
    }

    /** In the current scope. */
    private Tensor cut(long bytes) {
        if (block == null || used + bytes > BLOCK) {
            close();
            block = Tensors.own(torch.empty(new long[] {BLOCK}, new TensorOptions(ScalarType.Byte), null));
        }
        final Tensor cut = block.narrow(0, used, bytes);
        used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return cut;
    }

    @Override
    public void close() {
        if (block != null) {
            block.close();
            block = null;
            used = 0;
        }
    }
}
