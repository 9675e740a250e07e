package dev.finetune.internal.torch;

import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Mixed precision for this thread: matrix products in bfloat16, reductions in float32, as PyTorch's autocast does. */
public final class Autocast implements AutoCloseable {
    static {
        Natives.load();
    }

    private final DeviceType device;
    private final boolean enabled;

    private Autocast(DeviceType device, boolean enabled) {
        this.device = device;
        this.enabled = enabled;
        if (enabled) {
            torch.set_autocast_dtype(device, ScalarType.BFloat16);
            torch.set_autocast_enabled(device, true);
        }
    }

    /** bfloat16 autocast on the device if enabled, nothing otherwise. Use with try-with-resources. */
    public static AutoCloseableGuard bfloat16(boolean cuda, boolean enabled) {
        final Autocast autocast = new Autocast(cuda ? DeviceType.CUDA : DeviceType.CPU, enabled);
        return autocast::close;
    }

    @Override
    public void close() {
        if (enabled) {
            torch.set_autocast_enabled(device, false);
            torch.clear_cache();
        }
    }

    /** A guard that throws nothing on close. */
    @FunctionalInterface
    public interface AutoCloseableGuard extends AutoCloseable {
        @Override
        void close();
    }
}
