package dev.finetune.internal.torch;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import dev.finetune.FinetuneException;
import org.bytedeco.pytorch.global.torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads LibTorch once, with the settings that it must see before its first class loads. Every class that touches a
 * tensor calls {@link #load()} in its static initialiser.
 *
 * <ul>
 *   <li>JavaCPP's {@code maxphysicalbytes} is switched off: it counts the whole process and stops valid programs.
 *   <li>MKL takes OpenBLAS's place when its natives are on the class path, unless
 *       {@code org.bytedeco.openblas.load} says otherwise.
 *   <li>{@code GOMP_SPINCOUNT=0} with OpenBLAS: OpenMP's idle threads would fight OpenBLAS's own for the cores.
 *   <li>{@code MKL_THREADING_LAYER=GNU} and {@code GOMP_SPINCOUNT=1000} with MKL: one pool of threads for both, whose
 *       threads wait a moment before they sleep. Without them small networks train four times slower.
 * </ul>
 */
public final class Natives {
    private static final Logger LOG = LoggerFactory.getLogger(Natives.class);
    private static final String OPENBLAS_LOAD = "org.bytedeco.openblas.load";

    private static final boolean MKL;

    static {
        setDefault("org.bytedeco.javacpp.maxphysicalbytes", "0");
        MKL = mklOnClassPath();
        if (MKL) {
            setDefault(OPENBLAS_LOAD, "mkl");
        }
        if (Platform.isLinux()) {
            setEnvironmentDefault("MKL_THREADING_LAYER", "GNU");
            setEnvironmentDefault("GOMP_SPINCOUNT", mkl() ? "1000" : "0");
        }
        try {
            torch.get_num_threads();
        } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
            throw new FinetuneException(
                    "LibTorch's native libraries for " + System.getProperty("os.name") + " on "
                            + System.getProperty("os.arch") + " could not be loaded (" + e.getMessage()
                            + "). They come as the classified jars of org.bytedeco:pytorch, openblas and javacpp; "
                            + "Linux x86-64, Windows x86-64 and macOS arm64 have them.",
                    e);
        }
    }

    private Natives() {}

    /** Makes sure that LibTorch is loaded; cheap after the first call. */
    public static void load() {
        // The static initialiser has done it.
    }

    /** Whether matrix products run on MKL (otherwise OpenBLAS). */
    public static boolean mkl() {
        return MKL && "mkl".equals(System.getProperty(OPENBLAS_LOAD));
    }

    private static boolean mklOnClassPath() {
        final String resource = Platform.isWindows() ? "windows-x86_64/mkl_rt.2.dll" : "linux-x86_64/libmkl_rt.so.2";
        return Platform.isIntel() && Natives.class.getClassLoader().getResource("org/bytedeco/mkl/" + resource) != null;
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    private static void setEnvironmentDefault(String name, String value) {
        if (System.getenv(name) != null) {
            return;
        }
        try {
            final Function setenv =
                    NativeLibrary.getInstance(Platform.C_LIBRARY_NAME).getFunction("setenv");
            setenv.invokeInt(new Object[] {name, value, 0});
        } catch (UnsatisfiedLinkError e) {
            LOG.debug("{} could not be set; training may be slower", name, e);
        }
    }
}
