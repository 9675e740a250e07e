package dev.finetune.internal.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What multiplies matrices on the CPU. */
enum MatrixProducts {
    MKL("MKL"),
    OPENBLAS("OpenBLAS");

    private static final Path CPUINFO = Path.of("/proc/cpuinfo");
    private static final String AMD = "AuthenticAMD";

    private final String label;

    MatrixProducts(String label) {
        this.label = label;
    }

    /**
     * The fastest for this processor. MKL keeps to AVX2 on AMD's processors: on a Zen 5 a product of 2048 x 768 x 3072
     * runs at 190 GFLOP/s with MKL, at 220 with OpenBLAS's AVX2 kernels and at 430 with its AVX-512 kernels, which it
     * picks by itself. On a Zen 3, which has AVX2 alone, a step of BERT takes a tenth less time with MKL. On Intel's, MKL
     * is the faster one.
     *
     * @param amdWithAvx512 whether AMD made the processor, and whether it has AVX-512, or nobody knows
     */
    static MatrixProducts best(boolean amdWithAvx512, boolean mklThere) {
        return mklThere && !amdWithAvx512 ? MKL : OPENBLAS;
    }

    /** Whether this machine's processor is one of AMD's with AVX-512, as far as Linux or Windows tells. */
    static boolean amdWithAvx512Here() {
        try {
            return amdWithAvx512(Files.isReadable(CPUINFO) ? Files.readAllLines(CPUINFO) : List.of(), System.getenv());
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * What the lines of Linux's /proc/cpuinfo, or else Windows' PROCESSOR_IDENTIFIER, say. The latter tells nothing of AVX-512:
     * there any of AMD's counts.
     */
    static boolean amdWithAvx512(List<String> cpuinfo, Map<String, String> environment) {
        return first(cpuinfo, "vendor_id")
                        .orElse(environment.getOrDefault("PROCESSOR_IDENTIFIER", ""))
                        .endsWith(AMD)
                && first(cpuinfo, "flags")
                        .map(flags -> flags.contains(" avx512f"))
                        .orElse(true);
    }

    private static Optional<String> first(List<String> lines, String name) {
        return lines.stream().filter(line -> line.startsWith(name)).findFirst();
    }

    @Override
    public String toString() {
        return label;
    }
}
