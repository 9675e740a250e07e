package dev.finetune.bert.start;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Another JVM, which runs a main class of the tests. */
public final class ChildJvm {
    private static final int KILLED = 137;

    private final Process process;
    private final Path output;

    private ChildJvm(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** What it ended with, and what it wrote. */
    public record Ended(int status, String output) {}

    /**
     * Starts one.
     *
     * @param scratch a directory for its output
     * @param environment variables to set
     * @param options for the JVM
     * @param classPath what it loads classes from
     * @param main the class to run
     */
    public static ChildJvm start(
            Path scratch, Map<String, String> environment, List<String> options, String classPath, Class<?> main)
            throws IOException {
        return start(scratch, environment, List.of(), options, classPath, main);
    }

    /** As {@link #start(Path, Map, List, String, Class)}, through another command. */
    public static ChildJvm start(
            Path scratch,
            Map<String, String> environment,
            List<String> through,
            List<String> options,
            String classPath,
            Class<?> main)
            throws IOException {
        final Path output = Files.createTempFile(scratch, "child", ".txt");
        final List<String> command = new ArrayList<>(through);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=" + output + ".crash"));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main.getName()));
        final ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        return new ChildJvm(builder.start(), output);
    }

    /** The class path of this JVM. */
    public static String classPath() {
        return System.getProperty("java.class.path");
    }

    /** Waits for its end, two minutes at most. */
    public Ended end() throws IOException, InterruptedException {
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            return new Ended(-1, "no end after two minutes: " + Files.readString(output));
        }
        return new Ended(process.exitValue(), Files.readString(output));
    }

    /**
     * Kills it a moment after it has written something so many times.
     *
     * @return false if it came to its end before
     * @throws IllegalStateException if it died of something else
     */
    public boolean killAfter(String written, int times, int millis) throws IOException, InterruptedException {
        while (process.isAlive() && Files.readString(output).split(written, -1).length <= times) {
            Thread.sleep(2);
        }
        Thread.sleep(millis);
        kill();
        if (process.exitValue() != 0 && process.exitValue() != KILLED) {
            throw new IllegalStateException("It ended with " + process.exitValue() + ": " + Files.readString(output));
        }
        return process.exitValue() == KILLED;
    }

    /** What it has written so far. */
    public String output() throws IOException {
        return Files.readString(output);
    }

    /** Its number. */
    public long pid() {
        return process.pid();
    }

    /** Kills it, as kill -9 does. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }
}
