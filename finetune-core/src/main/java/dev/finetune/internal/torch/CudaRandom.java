package dev.finetune.internal.torch;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What LibTorch's CUDA kernels draw at random, as a function of a key alone. They draw from the device's one generator, which
 * is counter-based: it is set to the key before they run, and to what it was afterwards, so that nobody else's numbers
 * change.
 */
public final class CudaRandom {
    private CudaRandom() {}

    /** Made when first asked for, on a machine that has a GPU. */
    private static final class Holder {
        static final Generator GENERATOR = generator();

        private static Generator generator() {
            try (TensorScope scope = TensorScope.open()) {
                final Generator found = torch.globalContext().defaultGenerator(new Device(torch.DeviceType.CUDA));
                found.retainReference();
                return found;
            }
        }
    }

    /** What an operation gives that starts kernels on the GPU, and they draw: equal keys give equal numbers. */
    public static Tensor keyed(long key, Supplier<Tensor> operation) {
        final Generator generator = Holder.GENERATOR;
        synchronized (Holder.class) {
            final long seed = generator.current_seed();
            final long offset = generator.get_offset();
            generator.set_current_seed(key);
            try {
                return operation.get();
            } finally {
                generator.set_current_seed(seed);
                generator.set_offset(offset);
            }
        }
    }
}
