package dev.finetune.examples.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A job in a process of its own, whose last line is one JSON object. Variables of the environment that settle threads or
 * kernels of the matrix libraries are not handed on: every job runs at its own defaults there, and with one arena of the C
 * library's allocator ({@code MALLOC_ARENA_MAX=1}). Jobs end with this process.
 */
public final class Job {
    private static final Pattern SETTLED = Pattern.compile("(OPENBLAS|MKL|OMP|GOMP|KMP)_.*");

    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroy)));
    }

    private Job() {}

    /** The words that run one of our commands as this one was run. */
    static List<String> ours(String command) {
        final Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        return List.of(
                java.toString(), "-cp", System.getProperty("java.class.path"), "dev.finetune.examples.Main", command);
    }

    /**
     * Runs a program with options and waits for its end.
     *
     * @throws FinetuneException if it fails or its last line is no JSON object, with all that it wrote
     */
    public static JsonObject run(List<String> program, List<String> options) throws IOException, InterruptedException {
        return run(program, options, true);
    }

    private static JsonObject run(List<String> program, List<String> options, boolean gpu)
            throws IOException, InterruptedException {
        return together(program, options, List.of(gpu ? Map.of() : Map.of("CUDA_VISIBLE_DEVICES", "")))
                .get(0);
    }

    /**
     * Runs a program several times at once and waits for the end of all.
     *
     * @param environments what is set beside the environment of this process, for each
     * @return their last lines, in the order of the environments
     * @throws FinetuneException as {@link #run(List, List)} does
     */
    static List<JsonObject> together(
            List<String> program, List<String> options, List<Map<String, String>> environments)
            throws IOException, InterruptedException {
        final List<String> command =
                Stream.concat(program.stream(), options.stream()).toList();
        final List<Path> outs = new ArrayList<>();
        final List<Process> processes = new ArrayList<>();
        try {
            for (Map<String, String> environment : environments) {
                final Path out = Files.createTempFile("finetune-job", ".log");
                outs.add(out);
                processes.add(start(command, out, environment));
            }
            final List<JsonObject> results = new ArrayList<>();
            for (int i = 0; i < processes.size(); i++) {
                results.add(result(command, processes.get(i).waitFor(), outs.get(i)));
            }
            return results;
        } finally {
            for (Process process : processes) {
                process.destroy();
                RUNNING.remove(process);
            }
            for (Path out : outs) {
                Files.deleteIfExists(out);
            }
        }
    }

    private static Process start(List<String> command, Path out, Map<String, String> environment) throws IOException {
        final ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
        builder.environment().keySet().removeIf(name -> SETTLED.matcher(name).matches());
        builder.environment().put("MALLOC_ARENA_MAX", "1"); // What Python's main thread has by itself.
        builder.environment().putAll(environment);
        final Process process = builder.start();
        RUNNING.add(process);
        return process;
    }

    private static JsonObject result(List<String> command, int exit, Path out) throws IOException {
        final List<String> lines = Files.readAllLines(out, StandardCharsets.UTF_8);
        if (exit != 0 || lines.isEmpty()) {
            throw new FinetuneException(command + " ended with " + exit + ":\n" + String.join("\n", lines));
        }
        try {
            return JsonParser.parseString(lines.get(lines.size() - 1)).getAsJsonObject();
        } catch (JsonParseException | IllegalStateException e) {
            throw new FinetuneException(command + ": the last line is no JSON object: " + e.getMessage(), e);
        }
    }

    /**
     * What a job took.
     *
     * @param json its last line
     * @param seconds from the start of its process to the end
     */
    record Measured(JsonObject json, double seconds) {}

    /**
     * Runs a program as {@link #run} does, and takes the time.
     *
     * @param gpu whether it may see a GPU
     */
    static Measured measure(List<String> program, List<String> options, boolean gpu)
            throws IOException, InterruptedException {
        final long start = System.nanoTime();
        final JsonObject json = run(program, options, gpu);
        return new Measured(json, (System.nanoTime() - start) / 1e9);
    }

    /** The accuracy of the last evaluation of a job. */
    static double accuracy(JsonObject job) {
        final JsonArray perEpoch = job.getAsJsonArray("accuracy_per_epoch");
        return perEpoch.get(perEpoch.size() - 1).getAsDouble();
    }
}
