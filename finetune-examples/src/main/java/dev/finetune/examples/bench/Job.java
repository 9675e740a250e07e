package dev.finetune.examples.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.finetune.FinetuneException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A job in a process of its own, whose last line is one JSON object. */
final class Job {
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
    static JsonObject run(List<String> program, List<String> options) throws IOException, InterruptedException {
        final List<String> command =
                Stream.concat(program.stream(), options.stream()).toList();
        final Path out = Files.createTempFile("finetune-job", ".log");
        try {
            final Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
            final int exit = process.waitFor();
            final List<String> lines = new ArrayList<>(Files.readAllLines(out, StandardCharsets.UTF_8));
            if (exit == 0 && !lines.isEmpty()) {
                return JsonParser.parseString(lines.get(lines.size() - 1)).getAsJsonObject();
            }
            throw new FinetuneException(command + " ended with " + exit + ":\n" + String.join("\n", lines));
        } catch (JsonParseException | IllegalStateException e) {
            throw new FinetuneException(command + ": the last line is no JSON object: " + e.getMessage(), e);
        } finally {
            Files.deleteIfExists(out);
        }
    }

    /** The accuracy of the last evaluation of a job. */
    static double accuracy(JsonObject job) {
        final JsonArray perEpoch = job.getAsJsonArray("accuracy_per_epoch");
        return perEpoch.get(perEpoch.size() - 1).getAsDouble();
    }
}
