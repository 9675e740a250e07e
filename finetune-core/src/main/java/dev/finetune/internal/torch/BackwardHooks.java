package dev.finetune.internal.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.FunctionPreHook;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * Told during a backward pass, in its thread, how far it has come. On the CPU autograd computes what was made last first: when the
 * gradient of a tensor is handed on, all that was computed after the tensor has its gradients. Held as long as the graph is. Each
 * leaves some ten bytes behind for good, a weak reference that the bindings never delete.
 */
public final class BackwardHooks implements AutoCloseable {
    private final List<FunctionPreHook> hooks = new ArrayList<>();

    /**
     * Has something run when the gradient of a tensor is complete, before it is handed on.
     *
     * @param tensor on the CPU (borrowed); without a gradient nothing is ever run
     * @param passed throws nothing
     */
    public void add(Tensor tensor, Runnable passed) {
        if (!tensor.requires_grad()) {
            return;
        }
        final FunctionPreHook hook = new FunctionPreHook() {
            @Override
            public TensorVector apply(TensorVector gradients) {
                passed.run();
                return gradients;
            }
        };
        hooks.add(hook);
        // The graph owns the native half; JavaCPP would count it until garbage is collected.
        hook.deallocate(false);
        try (TensorScope scope = TensorScope.open()) {
            tensor.grad_fn().add_pre_hook(hook);
        }
    }

    /** Lets go of them. */
    @Override
    public void close() {
        hooks.clear();
    }
}
