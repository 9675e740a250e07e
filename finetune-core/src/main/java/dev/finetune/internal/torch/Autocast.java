package dev.finetune.internal.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Mixed precision for this thread: matrix products in 16 bits, reductions in float32, as PyTorch's autocast does. */
public final class Autocast implements AutoCloseable {
    static {
        Natives.load();
    }

    private final DeviceType device;
    private final boolean enabled;
    private final boolean enabledBefore;
    private final ScalarType typeBefore;
    private final boolean cachedBefore;

    private Autocast(DeviceType device, HalfPrecision half) {
        this.device = device;
        this.enabled = half != HalfPrecision.NONE;
        this.enabledBefore = torch.is_autocast_enabled(device);
        this.typeBefore = torch.get_autocast_dtype(device).intern();
        this.cachedBefore = torch.is_autocast_cache_enabled();
        if (enabled) {
            torch.set_autocast_dtype(device, half.type());
            torch.set_autocast_enabled(device, true);
            // Cast weights that were kept would be those of a pass without gradients, or of the original network.
            torch.set_autocast_cache_enabled(false);
        }
    }

    /**
     * Autocast on the device, if any, until the guard closes; then what was before. Guards may be nested. Use with
     * try-with-resources.
     */
    public static AutoCloseableGuard of(boolean cuda, HalfPrecision half) {
        final Autocast autocast = new Autocast(cuda ? DeviceType.CUDA : DeviceType.CPU, half);
        return autocast::close;
    }

    /** Whether matrix products of this thread are cast on the device of a tensor. */
    public static boolean isOnFor(Tensor tensor) {
        return torch.is_autocast_enabled(tensor.is_cuda() ? DeviceType.CUDA : DeviceType.CPU);
    }

    /** Whether matrix products of this thread are cast on the CPU. */
    public static boolean isOnForCpu() {
        return torch.is_autocast_enabled(DeviceType.CPU);
    }

    @Override
    public void close() {
        if (enabled) {
            torch.set_autocast_cache_enabled(cachedBefore);
            torch.set_autocast_enabled(device, enabledBefore);
            torch.set_autocast_dtype(device, typeBefore);
        }
    }

    /** A guard that throws nothing on close. */
    @FunctionalInterface
    public interface AutoCloseableGuard extends AutoCloseable {
        @Override
        void close();
    }
}
