package dev.finetune.internal.torch;

import com.sun.jna.Platform;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.natives.JavaCppCache;
import dev.finetune.internal.natives.Jna;
import dev.finetune.internal.natives.LoadingFailure;
import dev.finetune.internal.natives.ModulePath;
import dev.finetune.internal.natives.NativeJars;
import dev.finetune.internal.natives.NativeLoading;
import dev.finetune.internal.natives.Once;
import dev.finetune.internal.natives.TemporaryProperty;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;

/**
 * Loads LibTorch once, with the settings that it must see before its first class loads. What is public and touches a tensor
 * calls {@link #load()} first, so that a failure is told in its own words; every class that touches one calls it in its
 * static initialiser, too.
 *
 * <ul>
 *   <li>JavaCPP's {@code maxphysicalbytes} is switched off: it counts the whole process and stops valid programs.
 *   <li>MKL takes OpenBLAS's place when its natives are on the class path, unless
 *       {@code org.bytedeco.openblas.load} says otherwise, and unless the processor is one of AMD's with AVX-512
 *       ({@link MatrixProducts}).
 *   <li>{@code GOMP_SPINCOUNT=5000} with OpenBLAS: OpenMP's idle threads wait five thousand turns before they sleep, rather
 *       than 300,000, and leave the cores to OpenBLAS's own threads. With a thousand, a prediction of one short text takes a fifth
 *       longer. MKL has no others than OpenMP's ({@link Workers} take
 *       care to use them, too), and there they wait 20,000 turns: with fewer, small networks train a third slower; with
 *       300,000, a process on a machine that others keep busy takes three times as long.
 *   <li>{@code OMP_WAIT_POLICY=ACTIVE}: as soon as a second thread has computed, such as one that loaded a model beside one
 *       that writes texts, OpenMP knows more threads than there are cores, and its idle ones would sleep after a hundred turns;
 *       waking one takes longer than many an operation. So they wait a thousand turns there, too. ({@code KMP_BLOCKTIME=200}, its
 *       default, keeps Intel's OpenMP, if something else brings it, from waiting for ever because of that.)
 *   <li>{@code OPENBLAS_THREAD_TIMEOUT=4} with OpenBLAS: its own idle threads go to sleep after 2^4 turns rather than
 *       2^26, and leave the cores to OpenMP's. Without these two a small network trains a fifth slower.
 *   <li>{@code MKL_THREADING_LAYER=GNU} with MKL: one pool of threads for both. Without it small networks train four
 *       times slower.
 *   <li>How many threads there are, where that is said ({@link ThreadLimit}).
 *   <li>What the C library's allocator does with large blocks ({@link FreedBlocks}).
 *   <li>The end of the process doesn't wait for native libraries ({@link ProcessEnd}).
 * </ul>
 *
 * <p>An environment variable that is set already is left as it is: setting one is how each of these is switched off. Where
 * JNA can't be loaded, none is set ({@link Jna}).
 */
public final class Natives {
    private static final String OPENBLAS_LOAD = "org.bytedeco.openblas.load";

    private static final String LOADERS = "dev.finetune.internal.classLoaders";

    private static final boolean AMD_WITH_AVX512 = MatrixProducts.amdWithAvx512Here();
    private static final MatrixProducts PRODUCTS;

    static {
        setDefault("org.bytedeco.javacpp.maxphysicalbytes", "0");
        final boolean mklThere = mklOnClassPath();
        if (MatrixProducts.best(AMD_WITH_AVX512, mklThere) == MatrixProducts.MKL) {
            setDefault(OPENBLAS_LOAD, "mkl");
        }
        PRODUCTS = mklThere && "mkl".equals(System.getProperty(OPENBLAS_LOAD))
                ? MatrixProducts.MKL
                : MatrixProducts.OPENBLAS;
    }

    /** Where JavaCPP unpacked LibTorch to. */
    private static final Once<Path> LOADED = new Once<>(Natives::loadFirst);

    private Natives() {}

    /**
     * Makes sure that LibTorch is loaded; cheap after the first call.
     *
     * @throws FinetuneException if it can't be, with the reason; the same at every call
     */
    public static void load() {
        LOADED.get();
    }

    /** Where LibTorch was unpacked to, and what it was loaded from. */
    public static Path unpackedTo() {
        return LOADED.get();
    }

    private static Path loadFirst() {
        final Path directory = JavaCppCache.directory();
        final NativeJars jars = new NativeJars(torch.class.getClassLoader(), Loader.getPlatform());
        // OpenBLAS's libraries, MKL's, and for another class loader copies by other names, take each other's place
        // there.
        final String wanted = jars.identity() + "\n" + PRODUCTS + " for class loader " + countLoaders();
        try (TemporaryProperty cache = JavaCppCache.use(directory)) {
            return NativeLoading.alone(directory, wanted, torch.class, () -> {
                JavaCppCache.check(directory);
                ModulePath.unpack(directory);
                tune();
                torch.get_num_threads();
                if (Jna.whyNot().isEmpty() && Platform.isLinux()) {
                    ProcessEnd.leaveOutExitHandlers();
                }
                if (gpuBuildOnClassPath() && torch.cuda_is_available()) {
                    CudaGraphs.whyNot();
                }
                return directory;
            });
        } catch (LinkageError e) {
            throw LoadingFailure.explain("LibTorch", e, directory, jars.advice());
        }
    }

    /** How many class loaders of this process have loaded LibTorch, with this one. */
    private static int countLoaders() {
        synchronized (System.getProperties()) {
            final int count = Integer.getInteger(LOADERS, 0) + 1;
            System.setProperty(LOADERS, String.valueOf(count));
            return count;
        }
    }

    private static void tune() {
        if (Jna.whyNot().isEmpty() && Platform.isLinux()) {
            setEnvironmentDefault("MKL_THREADING_LAYER", "GNU");
            setEnvironmentDefault("GOMP_SPINCOUNT", PRODUCTS == MatrixProducts.OPENBLAS ? "5000" : "20000");
            setEnvironmentDefault("OMP_WAIT_POLICY", "ACTIVE");
            setEnvironmentDefault("KMP_BLOCKTIME", "200");
            if (PRODUCTS == MatrixProducts.OPENBLAS) {
                setEnvironmentDefault("OPENBLAS_THREAD_TIMEOUT", "4");
            }
            limitThreads();
            FreedBlocks.keep();
        }
    }

    /** OpenMP, each BLAS and the tokenizers have a variable of their own. */
    private static void limitThreads() {
        ThreadLimit.said().ifPresent(threads -> {
            for (String variable :
                    List.of("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")) {
                setEnvironmentDefault(variable, Integer.toString(threads));
            }
        });
    }

    /** Such as "linux-x86_64". */
    public static String platform() {
        return Loader.getPlatform();
    }

    /** The version of LibTorch and of its bindings. */
    public static String version() {
        return torch.class.getPackage().getImplementationVersion();
    }

    /** The widest vector instructions that LibTorch uses here, such as "AVX2". */
    public static String processorFeatures() {
        return torch.get_cpu_capability().getString();
    }

    /** How many threads one operation uses. */
    public static int threads() {
        return torch.get_num_threads();
    }

    /** How many GPUs there are. */
    public static int gpus() {
        return torch.cuda_device_count();
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
        return Platform.isIntel() && !AMD_WITH_AVX512 && PRODUCTS != MatrixProducts.MKL;
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
        return ModulePath.contains(Natives.class.getClassLoader(), "org/bytedeco/" + resource);
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    private static void setEnvironmentDefault(String name, String value) {
        if (System.getenv(name) == null) {
            Jna.callC("setenv", name, value, 0);
        }
    }
}
