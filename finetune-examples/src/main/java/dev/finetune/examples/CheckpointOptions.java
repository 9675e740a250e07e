package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.error.FinetuneException;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.TrainingHistory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** The options that say how often a training is saved on its way, and whether it goes on from there. */
final class CheckpointOptions {
    private static final String FOLDER = "checkpoints";
    private static final Pattern OFTEN = Pattern.compile("(\\d{1,9})(s|m|h)?");

    @Option(
            names = "--resume",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description =
                    "Go on from the last checkpoint in --out (or --adapter-out), if there is one; --no-resume begins"
                            + " anew over it.")
    private boolean resume = true;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N|Ns|Nm|Nh",
            description = "Steps, seconds, minutes or hours between two checkpoints, which are kept in --out (or"
                    + " --adapter-out) until the model is saved there; 0 for none.")
    private String every = "10m";

    /**
     * The tuner with checkpoints below a directory; as it is where there is none, or where none are wanted.
     *
     * @param directory what the model is saved in
     */
    FineTuner on(FineTuner tuner, Optional<Path> directory) {
        final Matcher often = OFTEN.matcher(every);
        if (!often.matches()) {
            throw new WrongUsage("--checkpoint-every " + every
                    + ": expected a number of steps such as 500, or a time such as 30s, 10m or 2h.");
        }
        final long count = Long.parseLong(often.group(1));
        if (directory.isEmpty()) {
            return tuner;
        }
        if (count == 0) {
            if (resume && Checkpoints.areIn(folder(directory.get()))) {
                throw new FinetuneException(
                        folder(directory.get()) + " holds checkpoints of a training that was stopped:"
                                + " without --checkpoint-every 0 it goes on from there; --no-resume begins anew over it.");
            }
            return tuner;
        }
        final Checkpoints place = Checkpoints.in(folder(directory.get())).ofUnendedOnly();
        return tuner.checkpoints(interval(resume ? place.resume() : place.replace(), count, often.group(2)));
    }

    private static Checkpoints interval(Checkpoints checkpoints, long count, String unit) {
        return switch (unit == null ? "" : unit) {
            case "s" -> checkpoints.every(Duration.ofSeconds(count));
            case "m" -> checkpoints.every(Duration.ofMinutes(count));
            case "h" -> checkpoints.every(Duration.ofHours(count));
            default -> checkpoints.everySteps(count);
        };
    }

    private static Path folder(Path directory) {
        return directory.resolve(FOLDER);
    }

    /** Removes the checkpoints of a model that is saved, unless its training was stopped before its end. */
    static void done(FineTuned<?> tuned, Path directory) {
        final boolean stopped = tuned.history()
                .map(TrainingHistory::end)
                .filter(end -> end.isByRequest() || end == TrainingHistory.End.OUT_OF_TIME)
                .isPresent();
        if (!stopped) {
            Checkpoints.remove(folder(directory));
        } else if (Checkpoints.areIn(folder(directory))) {
            System.out.println("the same command goes on from there; --no-resume begins anew");
        }
    }
}
