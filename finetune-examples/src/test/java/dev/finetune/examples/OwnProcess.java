package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Main classes in processes of their own, and signals for them. */
final class OwnProcess {
    private OwnProcess() {}

    /** A process with the tests' class path, its errors among its output. */
    static ProcessBuilder of(Class<?> main, List<String> arguments) {
        final List<String> all = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        all.addAll(arguments);
        return new ProcessBuilder(all).redirectErrorStream(true);
    }

    /** Sends a signal by its name, "TERM" say. */
    static void signal(Process process, String name) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("/bin/kill", "-" + name, String.valueOf(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }
}
