package dev.finetune.internal.torch;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import dev.finetune.FinetuneException;
import java.util.List;
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
 *       {@code org.bytedeco.openblas.load} says otherwise, and unless the processor is AMD's ({@link MatrixProducts}).
 *   <li>{@code GOMP_SPINCOUNT=1000} with OpenBLAS: OpenMP's idle threads wait a thousand turns before they sleep, rather
 *       than 300,000, and leave the cores to OpenBLAS's own threads. MKL has no others than OpenMP's ({@link Workers} take
 *       care to use them, too), and there short waits only make steps slower.
 *   <li>{@code OPENBLAS_THREAD_TIMEOUT=4} with OpenBLAS: its own idle threads go to sleep after 2^4 turns rather than
 *       2^26, and leave the cores to OpenMP's. Without these two a small network trains a fifth slower.
 *   <li>{@code MKL_THREADING_LAYER=GNU} with MKL: one pool of threads for both. Without it small networks train four
 *       times slower.
 *   <li>What the C library's allocator does with large blocks ({@link FreedBlocks}).
 * </ul>
 *
 * <p>An environment variable that is set already is left as it is: setting one is how each of these is switched off.
 */
public final class Natives {
    private static final Logger LOG = LoggerFactory.getLogger(Natives.class);
    private static final String OPENBLAS_LOAD = "org.bytedeco.openblas.load";

    private static final boolean AMD = MatrixProducts.amdHere();
    private static final MatrixProducts PRODUCTS;

    static {
        setDefault("org.bytedeco.javacpp.maxphysicalbytes", "0");
        final boolean mklThere = mklOnClassPath();
        if (MatrixProducts.best(AMD, mklThere) == MatrixProducts.MKL) {
            setDefault(OPENBLAS_LOAD, "mkl");
        }
        PRODUCTS = mklThere && "mkl".equals(System.getProperty(OPENBLAS_LOAD))
                ? MatrixProducts.MKL
                : MatrixProducts.OPENBLAS;
        if (Platform.isLinux()) {
            setEnvironmentDefault("MKL_THREADING_LAYER", "GNU");
            if (PRODUCTS == MatrixProducts.OPENBLAS) {
                setEnvironmentDefault("GOMP_SPINCOUNT", "1000");
                setEnvironmentDefault("OPENBLAS_THREAD_TIMEOUT", "4");
            }
            FreedBlocks.keep();
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

    /** What multiplies matrices: "MKL" or "OpenBLAS". */
    public static String matrixProducts() {
        return PRODUCTS.toString();
    }

    static boolean multipliesWithMkl() {
        return PRODUCTS == MatrixProducts.MKL;
    }

    /** Whether MKL would be faster here than what {@link #matrixProducts} names. */
    public static boolean mklWouldBeFaster() {
        return Platform.isIntel() && !AMD && PRODUCTS != MatrixProducts.MKL;
    }

    /** Whether LibTorch's build for GPUs is there to be loaded, whether or not it could be. */
    public static boolean gpuBuildOnClassPath() {
        return isOnClassPath("pytorch/" + (Platform.isWindows() ? "windows" : "linux") + "-x86_64-gpu/"
                + System.mapLibraryName("torch_cuda"));
    }

    private static boolean mklOnClassPath() {
        final String resource = Platform.isWindows() ? "windows-x86_64/mkl_rt.2.dll" : "linux-x86_64/libmkl_rt.so.2";
        return Platform.isIntel() && isOnClassPath("mkl/" + resource);
    }

    private static boolean isOnClassPath(String resource) {
        return Natives.class.getClassLoader().getResource("org/bytedeco/" + resource) != null;
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    private static void setEnvironmentDefault(String name, String value) {
        if (System.getenv(name) == null) {
            callC("setenv", name, value, 0);
        }
    }

    /**
     * Settings that only make things faster: where the C library lacks the function, nothing is lost but speed.
     *
     * @return what the function gives, 0 where it lacks
     */
    static int callC(String function, Object... arguments) {
        try {
            return NativeLibrary.getInstance(Platform.C_LIBRARY_NAME)
                    .getFunction(function)
                    .invokeInt(arguments);
        } catch (UnsatisfiedLinkError e) {
            LOG.debug("{}{} could not be called; training may be slower", function, List.of(arguments), e);
            return 0;
        }
    }
}
