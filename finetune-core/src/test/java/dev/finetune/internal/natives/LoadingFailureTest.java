package dev.finetune.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadingFailureTest {
    private static final Path CACHE = Path.of("/somewhere/natives");

    @Test
    void theFirstCauseIsToldAndNotTheErrorsAroundIt() {
        final UnsatisfiedLinkError first =
                new UnsatisfiedLinkError("/c/libx.so: failed to map segment from shared object");
        final UnsatisfiedLinkError last = new UnsatisfiedLinkError("no jnix in java.library.path");
        last.initCause(first);
        assertThat(LoadingFailure.explain("LibTorch", new ExceptionInInitializerError(last), CACHE, "advice"))
                .hasMessageStartingWith("LibTorch could not be loaded on ")
                .hasMessageContainingAll("libx.so: failed to map segment", "noexec", "/somewhere/natives")
                .hasMessageNotContaining("jnix")
                .hasMessageNotContaining("advice");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Native Library /c/libjnitorch.so already loaded in another classloader | restart the process
            No space left on device | Make room for /somewhere/natives
            /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by /c/libtorch_cpu.so) | newer distribution
            Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /c/libjnijavacpp.so) | glibc
            /c/libx.so: wrong ELF class: ELFCLASS64 | another platform's
            libgomp.so.1: cannot open shared object file: No such file or directory | package manager
            Could not find jnitorch in class, module, and library paths. | advice""")
    void whatMendsItIsSaid(String reason, String mends) {
        assertThat(LoadingFailure.explain("LibTorch", new UnsatisfiedLinkError(reason), CACHE, "advice"))
                .hasMessageContaining(mends);
    }

    @Test
    void missingJarsAreNamedForMavenAndGradle() {
        final String advice = new NativeJars(ClassLoader.getPlatformClassLoader(), "linux-x86_64").advice();
        assertThat(advice)
                .contains(
                        "not on the class path",
                        "org.bytedeco:pytorch:",
                        "runtimeOnly(\"org.bytedeco:javacpp:",
                        "<classifier>linux-x86_64</classifier>");
    }
}
