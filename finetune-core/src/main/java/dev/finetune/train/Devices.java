package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.internal.torch.Natives;
import dev.finetune.internal.torch.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;

/** Finds out what the machine can compute on. */
public final class Devices {
    /** Made when first asked for. */
    private static final class Cuda {
        static final Device DEVICE = new Device(torch.DeviceType.CUDA);

        static {
            DEVICE.retainReference();
        }
    }

    private Devices() {}

    /**
     * {@return the device that a choice means on this machine: one object for the whole process, never to be closed}
     *
     * @param choice a GPU, the CPU, or the better one
     * @throws FinetuneException if a GPU is asked for and none can be used, with the reason
     */
    public static Device of(DeviceChoice choice) {
        Natives.load();
        if (choice == DeviceChoice.CPU) {
            return Tensors.cpu();
        }
        if (cudaUsable()) {
            return Cuda.DEVICE;
        }
        if (choice == DeviceChoice.CUDA) {
            throw new FinetuneException("A GPU was asked for, but can't be used: " + whyNoCuda());
        }
        return Tensors.cpu();
    }

    /** {@return whether LibTorch has found a GPU that it can use} */
    public static boolean cudaUsable() {
        Natives.load();
        return torch.cuda_is_available();
    }

    /**
     * Why no GPU can be used.
     *
     * @return the reason, in words for the user
     */
    public static String whyNoCuda() {
        if (!torch.globalContext().hasCUDART()) {
            return Natives.gpuBuildOnClassPath()
                    ? "the GPU build is on the class path, but not the libraries of CUDA 13 that it needs (the runtime, CUPTI, "
                            + "cuBLAS, cuDNN, cuFFT, cuRAND, cuSOLVER, cuSPARSE, cuFile, NCCL): add the cuda-redist artifacts "
                            + "of org.bytedeco, or install them where the loader finds them. "
                            + "-Dorg.bytedeco.javacpp.logger.debug=true says which one is missing."
                    : "the native libraries on the class path are the CPU build. Add the GPU build to your dependencies: "
                            + "org.bytedeco:pytorch with the classifier linux-x86_64-gpu, and org.bytedeco:cuda and "
                            + "cuda-redist with the classifier linux-x86_64.";
        }
        return "the GPU build is there, but the CUDA driver finds no device. Check that nvidia-smi lists one, that its "
                + "driver is new enough for the CUDA version of the build, and that CUDA_VISIBLE_DEVICES doesn't hide it.";
    }

    /** What matrix products are computed in on a device. */
    static HalfPrecision halfPrecision(Precision precision, Device device) {
        return switch (precision) {
            case FLOAT32 -> HalfPrecision.NONE;
            case BFLOAT16 -> HalfPrecision.BFLOAT16;
            case FLOAT16 -> HalfPrecision.FLOAT16;
            case AUTO -> device.is_cuda() || hasAmx() ? HalfPrecision.BFLOAT16 : HalfPrecision.NONE;
        };
    }

    /** Without AMX, bfloat16 products are slower than float32 on the CPU. */
    private static boolean hasAmx() {
        final Path info = Path.of("/proc/cpuinfo");
        try {
            return Files.isReadable(info) && Files.readString(info).contains("amx_bf16");
        } catch (IOException e) {
            return false;
        }
    }
}
