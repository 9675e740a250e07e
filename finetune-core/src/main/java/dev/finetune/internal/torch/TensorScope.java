package dev.finetune.internal.torch;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Closes every native object that this thread made inside it, but for those that were kept. Scopes nest: one per step,
 * one per layer within. A kept tensor goes to the enclosing scope, or to the caller where there is none.
 */
public final class TensorScope implements AutoCloseable {
    static {
        Natives.load();
    }

    private final @Nullable PointerScope outer;
    private final PointerScope inner;

    private TensorScope() {
        this.outer = PointerScope.getInnerScope();
        this.inner = new PointerScope();
    }

    /** Opens a scope on this thread. Use with try-with-resources. */
    public static TensorScope open() {
        return new TensorScope();
    }

    /** Lets a tensor outlive this scope: it now belongs to the enclosing scope, or else to the caller. */
    public Tensor keep(Tensor tensor) {
        if (outer == null) {
            tensor.retainReference();
        } else {
            outer.attach(tensor);
        }
        return tensor;
    }

    /** Gives a tensor that the caller owns to the current scope of this thread, which frees it when it closes. */
    public static Tensor adopt(Tensor owned) {
        final PointerScope current = PointerScope.getInnerScope();
        if (current != null) {
            current.attach(owned);
            owned.releaseReference();
        }
        return owned;
    }

    @Override
    public void close() {
        inner.close();
    }
}
