package dev.finetune.examples;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.preference.PreferenceLoss;
import dev.finetune.report.DryRun;
import dev.finetune.report.Forecast;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that tell, in place of training, what it would do. */
final class TrialOptions {
    @Option(
            names = "--describe",
            description =
                    "Print what training would do and take (steps, time, memory, what will hurt), measured for some seconds,"
                            + " and end.")
    private boolean describe;

    @Option(names = "--dry-run", description = "Make the first step, of the longest rows, print what it did, and end.")
    private boolean dryRun;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    /**
     * Refuses options that would do nothing.
     *
     * @param ofTraining those that were said and need a training
     */
    void check(List<String> ofTraining) {
        if (describe && dryRun) {
            throw new WrongUsage("--describe makes more steps than --dry-run does: leave one of them out.");
        }
        if ((describe || dryRun) && !ofTraining.isEmpty()) {
            throw new WrongUsage((describe ? "--describe" : "--dry-run") + " ends without a training, so that "
                    + String.join(" and ", ofTraining) + " would do nothing: leave one or the other out.");
        }
    }

    /** Does in place of training what was asked for; false if nothing was. */
    <I> boolean instead(FineTuner tuner, Dataset<I> train, Dataset<I> evaluation) {
        return instead(tuner, train, evaluation, Optional.empty());
    }

    /** The same where a model may learn which of two answers is preferred. */
    <I> boolean instead(FineTuner tuner, Dataset<I> train, Dataset<I> evaluation, Optional<PreferenceLoss> loss) {
        if (describe) {
            final Forecast forecast = loss.map(each -> tuner.describe(train, evaluation, each))
                    .orElseGet(() -> tuner.describe(train, evaluation));
            System.out.println(Advice.of(forecast.toString(), command));
            System.out.println(new Gson().toJson(json(forecast)));
        } else if (dryRun) {
            final DryRun run = loss.map(each -> tuner.dryRun(train, evaluation, each))
                    .orElseGet(() -> tuner.dryRun(train, evaluation));
            System.out.println(Advice.of(run.toString(), command));
            System.out.println(new Gson().toJson(json(run)));
        }
        return describe || dryRun;
    }

    /** The last line, with the names that a training's last line has. */
    private static JsonObject json(Forecast forecast) {
        final JsonObject json = new JsonObject();
        json.addProperty("what", "describe");
        json.addProperty("steps", forecast.planned().plan().steps());
        json.addProperty("tokenize_s", ResultOptions.rounded(forecast.encodingSeconds()));
        json.addProperty(
                "train_s", ResultOptions.rounded(forecast.trainingSeconds() + known(forecast.evaluationSeconds())));
        json.addProperty("total_s", ResultOptions.rounded(forecast.seconds()));
        forecast.peakMegabytes().ifPresent(megabytes -> json.addProperty("peak_rss_mb", megabytes));
        return json;
    }

    private static JsonObject json(DryRun run) {
        final JsonObject json = new JsonObject();
        json.addProperty("what", "dry_run");
        json.addProperty("steps", run.plan().steps());
        json.addProperty("loss", run.first().step().loss());
        run.peakMegabytes().ifPresent(megabytes -> json.addProperty("peak_rss_mb", megabytes));
        return json;
    }

    private static double known(double seconds) {
        return Double.isNaN(seconds) ? 0 : seconds;
    }
}
