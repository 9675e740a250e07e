package dev.finetune.examples.study;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.examples.WrongUsage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a study tries, whatever kind of input the model reads. */
final class StudyOptions {
    /** What is held back is the same for all seeds, so that what they give can be compared. */
    static final long SPLIT_SEED = 42;

    @Option(
            names = "--model",
            required = true,
            description = "A model directory, a file of weights, or a Hugging Face model id.")
    private String model = "";

    @Option(names = "--shots", split = ",", description = "Examples a class; all for all.")
    private List<String> shots = List.of("8", "32", "128", "all");

    @Option(names = "--all", description = "What all is, at most; 0 for no limit.")
    private int all;

    @Option(names = "--seeds", split = ",", description = "Seeds: each draws other examples.")
    private List<Long> seeds = List.of(1L, 2L, 3L, 4L, 5L);

    @Option(names = "--methods", split = ",", description = "Of defaults, head, full, lora, gradual, setfit, auto.")
    private List<String> methods = List.of();

    @Option(names = "--lr", description = "Learning rate of pretrained weights, for all but defaults and auto.")
    private double rate = 3e-4;

    @Option(names = "--head-lr", description = "Learning rate of a bare head and of LoRA.")
    private double headRate = 2e-3;

    @Option(names = "--batch", description = "Rows in a batch, for all but defaults and auto.")
    private int batch = 16;

    @Option(
            names = "--steps",
            description = "At least so many steps, for all but defaults and auto; 3 epochs at least.")
    private int steps = 200;

    @Option(names = "--budget", description = "Seconds that each training has.")
    private int budget = 60;

    @Option(names = "--csv", description = "Writes a line per training.")
    private Optional<Path> csv = Optional.empty();

    String model() {
        return model;
    }

    /** Refuses what means nothing, before anything is read. */
    void check() {
        for (String some : shots) {
            if (!some.equals("all") && !some.matches("[1-9]\\d{0,8}")) {
                throw new WrongUsage("--shots " + some + ": expected numbers of examples a class from 1 on, or all.");
            }
        }
    }

    /** Numbers of examples a class, or all. */
    List<String> shots() {
        return shots;
    }

    int all() {
        return all;
    }

    List<Long> seeds() {
        return seeds;
    }

    /** The methods that were asked for; all by default. */
    List<StudyMethod> methods() {
        final List<StudyMethod> all = List.of(StudyMethod.values());
        if (methods.isEmpty()) {
            return all;
        }
        final List<StudyMethod> chosen = new ArrayList<>();
        for (String name : methods) {
            chosen.add(all.stream()
                    .filter(method -> method.name().toLowerCase(Locale.ROOT).equals(name))
                    .findFirst()
                    .orElseThrow(() -> new WrongUsage("--methods " + name + ": there are "
                            + all.stream()
                                    .map(method -> method.name().toLowerCase(Locale.ROOT))
                                    .toList()
                            + ".")));
        }
        return chosen;
    }

    StudyMethod.Settings settings(int stages) {
        return new StudyMethod.Settings(rate, headRate, batch, steps, stages, Duration.ofSeconds(budget));
    }

    void write(StudyResult result) {
        csv.ifPresent(result::write);
    }

    static StudyResult.Run told(StudyResult.Run run) {
        System.err.printf(
                Locale.ROOT,
                "%s a class, %s, seed %d: %.4f in %.1f s%n",
                run.shots(),
                run.method(),
                run.seed(),
                run.accuracy(),
                run.seconds());
        return run;
    }

    /** The table, then one line for programs. */
    void show(StudyResult result) {
        result.table().forEach(System.out::println);
        final JsonObject json = new JsonObject();
        json.addProperty("what", "study");
        json.addProperty("model", model);
        json.add("runs", new Gson().toJsonTree(result.runs()));
        System.out.println(new Gson().toJson(json));
    }
}
