package dev.finetune.examples.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/** Compiles the applications among the resources, and runs them in JVMs of their own. */
final class Applications {
    private Applications() {}

    /** What a process ended with, and what it wrote. */
    record Ended(int status, String output) {}

    /** The class path of this JVM, without what only the tests need. */
    static List<Path> classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(Files::exists)
                .filter(path -> !path.getFileName()
                                .toString()
                                .matches(
                                        "test-classes|classes|(junit|assertj|byte-buddy|opentest4j|apiguardian|surefire"
                                                + "|asm|maven|plexus|spring)-?.*")
                        || isFamily(path))
                .toList();
    }

    private static boolean isFamily(Path path) {
        return Files.exists(path.resolve("module-info.class"));
    }

    /** Compiles sources of the resources' directory "deployment". */
    static void compile(Path classes, List<String> options, String... names) throws IOException {
        final List<String> arguments = new ArrayList<>(List.of("--release", "17", "-d", classes.toString()));
        arguments.addAll(options);
        for (String name : names) {
            arguments.add(resource(name).toString());
        }
        final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        assertThat(compiler.run(null, null, null, arguments.toArray(String[]::new)))
                .as("javac %s", arguments)
                .isZero();
    }

    private static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(Applications.class.getResource("/deployment/" + name))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(name, e);
        }
    }

    /** Runs java with these arguments, two minutes at most. */
    static Ended run(Path scratch, List<String> arguments) throws IOException, InterruptedException {
        final Path output = Files.createTempFile(scratch, "run", ".txt");
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx256m");
        command.addAll(arguments);
        final Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            return new Ended(-1, "no end after two minutes: " + Files.readString(output));
        }
        return new Ended(process.exitValue(), Files.readString(output));
    }

    /** As entries of a path option. */
    static String join(List<Path> entries) {
        return String.join(
                File.pathSeparator, entries.stream().map(Path::toString).toList());
    }
}
