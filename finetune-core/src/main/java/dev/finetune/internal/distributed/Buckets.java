package dev.finetune.internal.distributed;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Tensors as they travel: in pieces of about 25 MiB, as torch's DDP has it, from the last tensor to the first. Large tensors travel as
 * they lie; small ones are put together, and taken apart afterwards, and so are those in 16 bits, and those on a GPU that have to leave it.
 * Owns what it made; the tensors themselves are borrowed until it is closed.
 */
final class Buckets implements AutoCloseable {
    /** Elements of a piece. */
    private static final long PIECE = 25L << 18;

    /** Elements from which on a tensor travels as it lies. */
    private static final long LARGE = 1 << 18;

    private final List<Tensor> pieces = new ArrayList<>();
    private final List<Runnable> after = new ArrayList<>();
    private final List<Tensor> owned = new ArrayList<>();
    private final List<Tensor> small = new ArrayList<>();
    private long smallCount;

    private final boolean compressed;
    private final boolean stay;

    private Buckets(boolean compressed, boolean stay) {
        this.compressed = compressed;
        this.stay = stay;
    }

    /**
     * Of tensors.
     *
     * @param compressed whether those of float32 travel in bfloat16
     * @param stay whether they travel from where they are, all on one device, rather than from main memory
     */
    static Buckets of(List<Tensor> tensors, boolean compressed, boolean stay) {
        final Buckets buckets = new Buckets(compressed, stay);
        boolean made = false;
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            for (int i = tensors.size() - 1; i >= 0; i--) {
                buckets.add(tensors.get(i));
            }
            buckets.putTogether();
            made = true;
            return buckets;
        } finally {
            if (!made) {
                buckets.close();
            }
        }
    }

    /** What travels. */
    List<Tensor> pieces() {
        return pieces;
    }

    /** Puts what has come back where it belongs. */
    void takeApart() {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            after.forEach(Runnable::run);
        }
    }

    private void add(Tensor tensor) {
        final boolean asItLies = !compressed
                && isInPlace(tensor)
                && tensor.is_contiguous()
                && isExchanged(tensor.scalar_type().intern());
        if (asItLies && tensor.numel() >= LARGE) {
            cut(tensor);
            return;
        }
        if (!small.isEmpty()
                        && small.get(0).scalar_type().intern()
                                != tensor.scalar_type().intern()
                || smallCount > PIECE) {
            putTogether();
        }
        small.add(tensor);
        smallCount += tensor.numel();
    }

    private boolean isInPlace(Tensor tensor) {
        return stay || tensor.is_cpu();
    }

    /** Types that Gloo and NCCL add up without rounding more than they do themselves. */
    private static boolean isExchanged(ScalarType type) {
        return type == ScalarType.Float || type == ScalarType.Double || type == ScalarType.Long;
    }

    private void cut(Tensor tensor) {
        final Tensor flat = tensor.view(-1);
        for (long from = 0; from < tensor.numel(); from += PIECE) {
            pieces.add(Tensors.own(flat.narrow(0, from, Math.min(PIECE, tensor.numel() - from))));
        }
    }

    private void putTogether() {
        if (small.isEmpty()) {
            return;
        }
        final List<Tensor> members = List.copyOf(small);
        small.clear();
        smallCount = 0;
        final Tensor[] flat =
                members.stream().map(member -> exchanged(member).reshape(-1)).toArray(Tensor[]::new);
        final Tensor together = Tensors.own(torch.cat(new TensorVector(flat), 0));
        owned.add(together);
        cut(together);
        after.add(() -> {
            long from = 0;
            for (Tensor member : members) {
                member.copy_(together.narrow(0, from, member.numel()).view_as(member));
                from += member.numel();
            }
        });
    }

    private Tensor exchanged(Tensor tensor) {
        final Tensor here = isInPlace(tensor) ? tensor : tensor.cpu();
        if (compressed && here.scalar_type().intern() == ScalarType.Float) {
            return here.to(ScalarType.BFloat16);
        }
        return isExchanged(here.scalar_type().intern()) ? here : here.to(ScalarType.Float);
    }

    @Override
    public void close() {
        pieces.forEach(Tensor::close);
        owned.forEach(Tensor::close);
    }
}
