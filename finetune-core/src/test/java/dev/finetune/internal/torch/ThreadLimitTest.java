package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The number of threads that a process may be told to use. */
class ThreadLimitTest {
    /** Says how many threads LibTorch, and how many of Java's, compute. */
    static final class Threads {
        private Threads() {}

        public static void main(String[] arguments) {
            Natives.load();
            System.out.println("threads " + Natives.threads() + " " + ThreadLimit.ofJava());
        }
    }

    private static String told(String... options) throws Exception {
        final ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"));
        builder.command().addAll(List.of(options));
        builder.command().add(Threads.class.getName());
        final Process process = builder.redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    @Test
    void isThatOfLibTorchAndOfJava() throws Exception {
        assertThat(told("-Ddev.finetune.threads=1")).contains("threads 1 1");
    }

    @Test
    void thatIsNoneIsRefusedAtTheStart() throws Exception {
        assertThat(told("-Ddev.finetune.threads=many"))
                .contains("FinetuneException", "must be a number of threads from 1 to 9999, but is \"many\"")
                .doesNotContain("threads 1");
    }
}
