package dev.finetune.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Fuzzes readers with Jazzer in a process of its own, with our packages instrumented: {@code Fuzzing INPUTS CLASS[:READER]...}
 * Finds are printed as base64, and written into the working directory.
 */
public final class Fuzzing {
    /** An adapter's file may hold regular expressions: Regex bounds what they take. */
    private static final String REGEX_INJECTION = "com.code_intelligence.jazzer.sanitizers.RegexInjection";

    private Fuzzing() {}

    /** Runs it and ends as Jazzer does. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        final Path corpus = Files.createTempDirectory("finetune-fuzz");
        final String[] readers = java.util.Arrays.copyOfRange(arguments, 1, arguments.length);
        final Process process = start(Integer.parseInt(arguments[0]), 1, corpus, readers)
                .inheritIO()
                .start();
        System.exit(process.waitFor());
    }

    /** A process that fuzzes, from the readers' seeds in a new corpus; the same inputs for the same random number. */
    public static ProcessBuilder start(int inputs, int random, Path corpus, String... readers) throws IOException {
        writeSeeds(corpus, readers);
        final ProcessBuilder process = new ProcessBuilder(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + Fuzz.class.getName(),
                "--target_args=" + String.join(" ", readers),
                "--instrumentation_includes=dev.finetune.**",
                "--disabled_hooks=" + REGEX_INJECTION,
                "-seed=" + random,
                "-timeout=120",
                "-rss_limit_mb=0",
                "-runs=" + inputs,
                "-print_final_stats=1",
                "-reload=0",
                "-max_len=4096",
                corpus.toString()));
        // Handing a few words to threads takes longer than splitting them.
        process.environment().put("TOKENIZERS_PARALLELISM", "false");
        return process;
    }

    private static void writeSeeds(Path corpus, String... arguments) throws IOException {
        final List<FuzzedReader> readers = Fuzz.readers(arguments);
        for (int r = 0; r < readers.size(); r++) {
            final List<byte[]> seeds = new ArrayList<>(readers.get(r).seeds());
            for (int s = 0; s < seeds.size(); s++) {
                final byte[] seed = seeds.get(s);
                final byte[] input = readers.size() == 1 ? seed : new byte[seed.length + 1];
                if (readers.size() > 1) {
                    input[0] = (byte) r;
                    System.arraycopy(seed, 0, input, 1, seed.length);
                }
                Files.write(corpus.resolve(Objects.requireNonNull(readers.get(r).name()) + "-" + s), input);
            }
        }
    }
}
