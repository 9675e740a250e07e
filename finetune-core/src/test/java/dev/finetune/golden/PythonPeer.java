package dev.finetune.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A Python with packages that we compare with: system property finetune.python, "python3" by default. */
public final class PythonPeer {
    private final String packages;
    private final boolean there;

    private PythonPeer(String packages, boolean there) {
        this.packages = packages;
        this.there = there;
    }

    /**
     * Looks whether it is there; says that a test is skipped if not.
     *
     * @param packages such as "torch, transformers"
     */
    public static PythonPeer with(String packages, Class<?> test) throws IOException, InterruptedException {
        final boolean there = run(List.of("-c", "import " + packages), Files.createTempFile("peer", ".log")) == 0;
        if (!there) {
            System.out.println("SKIPPED, not passed: " + test.getSimpleName() + ", because " + python()
                    + " lacks one of " + packages + "; name one that has them with -Dfinetune.python=...");
        }
        return new PythonPeer(packages, there);
    }

    /** Skips a test where it isn't there. */
    public void assumeThere() {
        assumeTrue(there, "not all of " + packages);
    }

    /** {@return what a script says of a saved model: that nothing is missing and logits are equal to 1e-5} */
    public JsonObject agrees(List<String> arguments, Path log) throws IOException, InterruptedException {
        final JsonObject said = says(arguments, log);
        assertThat(said.get("largest").getAsDouble()).isLessThan(1e-5);
        assertThat(said.getAsJsonArray("missing")).isEmpty();
        assertThat(said.getAsJsonArray("unexpected")).isEmpty();
        return said;
    }

    /** {@return the JSON that a script prints, which ends well} */
    public JsonObject says(List<String> arguments, Path log) throws IOException, InterruptedException {
        return JsonParser.parseString(succeeds(arguments, log).stream()
                        .filter(line -> line.startsWith("{"))
                        .findFirst()
                        .orElseThrow())
                .getAsJsonObject();
    }

    /** {@return the lines of a script, which ends well} */
    public List<String> succeeds(List<String> arguments, Path log) throws IOException, InterruptedException {
        final int exit = run(arguments, log);
        final List<String> lines = Files.readAllLines(log);
        assertThat(exit).as(String.join("\n", lines)).isZero();
        return lines;
    }

    private static String python() {
        final String property = System.getProperty("finetune.python", "");
        return property.isEmpty() ? "python3" : property;
    }

    private static int run(List<String> arguments, Path log) throws InterruptedException {
        final List<String> command = new ArrayList<>(List.of(python()));
        command.addAll(arguments);
        try {
            final Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            return process.waitFor(10, TimeUnit.MINUTES) ? process.exitValue() : -1;
        } catch (IOException e) {
            return -1;
        }
    }
}
