package dev.finetune.internal.torch;

import dev.finetune.batch.HostTensor;
import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Copies between Java arrays and tensors, and the making of owned tensors. */
public final class Tensors {
    private static final Device CPU;

    static {
        Natives.load();
        CPU = new Device(torch.DeviceType.CPU);
        CPU.retainReference();
    }

    private Tensors() {}

    /** A copy of a host tensor on a device, in the current scope. A GPU fetches it while the thread goes on. */
    public static Tensor of(HostTensor host, Device device) {
        Recorder.refuse("a copy of an array");
        try (TensorScope scope = TensorScope.open()) {
            final ScalarType type = host instanceof HostTensor.Longs ? ScalarType.Long : ScalarType.Float;
            final boolean elsewhere = !device.is_cpu();
            final Tensor here = torch.empty(
                    host.shape(),
                    new TensorOptions(type).pinned_memory(new BoolOptional(elsewhere)),
                    new MemoryFormatOptional());
            if (host instanceof HostTensor.Longs longs) {
                checkCount(here, longs.data().length);
                if (longs.data().length > 0) { // A tensor of nothing lies nowhere.
                    new LongPointer(here.data_ptr()).put(longs.data());
                }
            } else if (host instanceof HostTensor.Floats floats) {
                checkCount(here, floats.data().length);
                if (floats.data().length > 0) {
                    new FloatPointer(here.data_ptr()).put(floats.data());
                }
            }
            return scope.keep(elsewhere ? here.to(device, type, true, false, new MemoryFormatOptional()) : here);
        }
    }

    private static void checkCount(Tensor tensor, int numbers) {
        if (tensor.numel() != numbers) {
            throw new IllegalArgumentException(
                    "a tensor of shape " + Arrays.toString(shape(tensor)) + " can't hold " + numbers + " numbers");
        }
    }

    /** A copy of longs as a CPU tensor, in the current scope. */
    public static Tensor of(long[] data, long... shape) {
        return of(new HostTensor.Longs(data, shape), cpu());
    }

    /** A copy of floats as a CPU tensor, in the current scope. */
    public static Tensor of(float[] data, long... shape) {
        return of(new HostTensor.Floats(data, shape), cpu());
    }

    /** The CPU: one object for the whole process, never to be closed. */
    public static Device cpu() {
        return CPU;
    }

    /** The tensor's shape, copied out. */
    public static long[] shape(Tensor tensor) {
        final long[] shape = new long[Math.toIntExact(tensor.dim())];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = tensor.size(i);
        }
        return shape;
    }

    /** The tensor's values as floats, row-major, copied out. */
    public static float[] floats(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            final Tensor plain = tensor.detach().to(cpu(), ScalarType.Float).contiguous();
            final float[] values = new float[Math.toIntExact(plain.numel())];
            if (values.length > 0) {
                new FloatPointer(plain.data_ptr()).get(values);
            }
            return values;
        }
    }

    /** The tensor's values as floats, copied out, an array for each index of the first dimension. */
    public static float[][] rows(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            final Tensor plain = tensor.detach().to(cpu(), ScalarType.Float).contiguous();
            final float[][] rows = new float[Math.toIntExact(plain.size(0))][];
            final int each = rows.length == 0 ? 0 : Math.toIntExact(plain.numel() / rows.length);
            final FloatPointer values = each == 0 ? null : new FloatPointer(plain.data_ptr());
            for (int row = 0; row < rows.length; row++) {
                rows[row] = new float[each];
                if (values != null) {
                    values.position((long) row * each).get(rows[row]);
                }
            }
            return rows;
        }
    }

    /** The tensor's values as longs, row-major, copied out. */
    public static long[] longs(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            final Tensor plain = tensor.detach().to(cpu(), ScalarType.Long).contiguous();
            final long[] values = new long[Math.toIntExact(plain.numel())];
            if (values.length > 0) {
                new LongPointer(plain.data_ptr()).get(values);
            }
            return values;
        }
    }

    /** The single value of a tensor of one element. */
    public static double scalar(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            return tensor.detach().to(cpu(), ScalarType.Double).item_double();
        }
    }

    /**
     * A tensor's gradient, undefined where it has none, in the current scope. What {@link Tensor#grad()} gives is a
     * reference into the tensor, which dies with it.
     */
    public static Tensor gradient(Tensor tensor) {
        return new Tensor(tensor.grad());
    }

    /**
     * The gradient of a score, a scalar, with regard to a tensor that it depends on, in the current scope. Nothing else gets a
     * gradient: neither parameters nor the tensor itself.
     */
    public static Tensor gradient(Tensor score, Tensor input) {
        return new Tensor(
                torch.grad(new TensorVector(score), new TensorVector(input)).get(0));
    }

    /** Whether nobody else holds the tensor, or another that shares its memory. */
    public static boolean isUnshared(Tensor tensor) {
        return tensor.use_count() == 1 && tensor.storage().use_count() == 1;
    }

    /** Makes a tensor independent of every scope: whoever called now owns it, and closes it. */
    public static Tensor own(Tensor tensor) {
        tensor.retainReference();
        return tensor;
    }

    /** A zeroed float tensor of the same shape and device as another, in the current scope. */
    public static Tensor zerosLike(Tensor tensor) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.keep(torch.zeros_like(tensor.detach()));
        }
    }

    /**
     * What LibTorch threw, in the words of its first line: the rest is a C++ stack.
     *
     * @param doing what was being done
     */
    public static FinetuneException translate(String doing, RuntimeException thrown) {
        if (thrown instanceof FinetuneException ours) {
            return ours;
        }
        final String message = String.valueOf(thrown.getMessage());
        final int end = message.indexOf('\n');
        return new FinetuneException(doing + ": " + (end < 0 ? message : message.substring(0, end)), thrown);
    }
}
