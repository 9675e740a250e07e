package dev.finetune.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.metrics.MetricsState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where a training stands, but for its tensors.
 *
 * @param step optimizer steps done
 * @param epoch the epoch under way, from 0
 * @param stepsOfEpoch how many of the steps were of it
 * @param averaged how many steps the average of the weights holds
 * @param atOnce how much of a batch memory was found to suffice for in each process, as {@link Portions} counts it
 * @param lossScale of float16
 * @param rateFactor what a listener multiplied the learning rate with
 * @param seconds since training began, pauses between a stop and a new beginning left out
 * @param trainingSeconds the same without evaluations
 * @param steps every step
 * @param progress what evaluations came to
 */
record RunState(
        long step,
        int epoch,
        long stepsOfEpoch,
        long averaged,
        List<Long> atOnce,
        LossScale.State lossScale,
        double rateFactor,
        double seconds,
        double trainingSeconds,
        List<StepReport> steps,
        Evaluations progress) {
    /** Copies the lists. */
    RunState {
        atOnce = List.copyOf(atOnce);
        steps = List.copyOf(steps);
    }

    /**
     * What evaluations came to.
     *
     * @param lossSum of the steps since the last report
     * @param lossSteps how many these are
     * @param rows how many rows they saw
     * @param since the training seconds at that report
     * @param reportedStep what was evaluated last; -1 for nothing
     * @param reports every evaluation
     * @param best which of them is the best; -1 for none
     * @param watched the best value that early stopping saw; NaN for none
     * @param failures how many evaluations since then weren't better
     * @param warned whether it was told that the losses part
     * @param warnedOfUndefined whether it was told that a metric is no number
     */
    record Evaluations(
            double lossSum,
            long lossSteps,
            long rows,
            double since,
            long reportedStep,
            List<EpochReport> reports,
            int best,
            double watched,
            int failures,
            boolean warned,
            boolean warnedOfUndefined) {
        /** Copies the reports. */
        Evaluations {
            reports = List.copyOf(reports);
        }
    }

    JsonObject toJson() {
        final JsonObject json = new JsonObject();
        json.addProperty("step", step);
        json.addProperty("epoch", epoch);
        json.addProperty("steps_of_epoch", stepsOfEpoch);
        json.addProperty("averaged", averaged);
        json.add("at_once", atOnce.size() == 1 ? new JsonPrimitive(atOnce.get(0)) : ofEach(atOnce));
        json.add("loss_scale", toJson(lossScale));
        json.addProperty("rate_factor", rateFactor);
        json.add("seconds", MetricsState.number(seconds));
        json.add("training_seconds", MetricsState.number(trainingSeconds));
        json.add("evaluations", toJson(progress));
        final JsonArray all = new JsonArray();
        for (StepReport report : steps) {
            final JsonArray one = new JsonArray();
            one.add(report.epoch());
            one.add(MetricsState.number(report.loss()));
            one.add(MetricsState.number(report.gradientNorm()));
            one.add(MetricsState.number(report.learningRate()));
            one.add(report.rows());
            all.add(one);
        }
        json.add("steps", all);
        return json;
    }

    private static JsonObject toJson(LossScale.State scale) {
        final JsonObject json = new JsonObject();
        json.addProperty("factor", scale.factor());
        json.addProperty("steps", scale.steps());
        json.addProperty("skipped", scale.skipped());
        return json;
    }

    private static LossScale.State lossScale(JsonObject json) {
        return new LossScale.State(
                json.get("factor").getAsDouble(),
                json.get("steps").getAsLong(),
                json.get("skipped").getAsLong());
    }

    private static JsonObject toJson(Evaluations progress) {
        final JsonObject json = new JsonObject();
        json.add("loss_sum", MetricsState.number(progress.lossSum));
        json.addProperty("loss_steps", progress.lossSteps);
        json.addProperty("rows", progress.rows);
        json.add("since", MetricsState.number(progress.since));
        json.addProperty("reported_step", progress.reportedStep);
        json.addProperty("best", progress.best);
        json.add("watched", MetricsState.number(progress.watched));
        json.addProperty("failures", progress.failures);
        json.addProperty("warned", progress.warned);
        json.addProperty("warned_of_undefined", progress.warnedOfUndefined);
        final JsonArray reports = new JsonArray();
        for (EpochReport report : progress.reports) {
            final JsonObject one = new JsonObject();
            one.add("epoch", MetricsState.number(report.epoch()));
            one.addProperty("step", report.step());
            one.add("training_loss", MetricsState.number(report.trainingLoss()));
            report.validation().ifPresent(metrics -> one.add("validation", MetricsState.toJson(metrics)));
            one.add("seconds", MetricsState.number(report.seconds()));
            one.add("rows_per_second", MetricsState.number(report.rowsPerSecond()));
            reports.add(one);
        }
        json.add("reports", reports);
        return json;
    }

    static RunState of(JsonObject json) {
        final List<StepReport> steps = new ArrayList<>();
        for (JsonElement element : json.getAsJsonArray("steps")) {
            final JsonArray one = element.getAsJsonArray();
            steps.add(new StepReport(
                    steps.size() + 1L,
                    one.get(0).getAsInt(),
                    MetricsState.number(one.get(1)),
                    MetricsState.number(one.get(2)),
                    MetricsState.number(one.get(3)),
                    one.get(4).getAsInt()));
        }
        final RunState state = new RunState(
                json.get("step").getAsLong(),
                json.get("epoch").getAsInt(),
                json.get("steps_of_epoch").getAsLong(),
                json.get("averaged").getAsLong(),
                atOnce(json.get("at_once")),
                json.has("loss_scale") ? lossScale(json.getAsJsonObject("loss_scale")) : LossScale.State.NONE,
                json.has("rate_factor") ? json.get("rate_factor").getAsDouble() : 1,
                MetricsState.number(json.get("seconds")),
                MetricsState.number(json.get("training_seconds")),
                steps,
                evaluations(json.getAsJsonObject("evaluations")));
        state.check();
        return state;
    }

    private static JsonArray ofEach(List<Long> atOnce) {
        final JsonArray all = new JsonArray();
        atOnce.forEach(all::add);
        return all;
    }

    /** A number is one process's. */
    private static List<Long> atOnce(JsonElement json) {
        return json.isJsonArray()
                ? json.getAsJsonArray().asList().stream()
                        .map(JsonElement::getAsLong)
                        .toList()
                : List.of(json.getAsLong());
    }

    /** What memory sufficed for in a process; of another number of processes, the least of all. */
    long atOnce(int rank, int size) {
        return size == atOnce.size()
                ? atOnce.get(rank)
                : atOnce.stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
    }

    /** Whether what was read can be where a training stands. */
    private void check() {
        check("step", step, steps.size(), steps.size());
        check("epoch", epoch, 0, step);
        check("steps_of_epoch", stepsOfEpoch, 0, step);
        check("averaged", averaged, 0, step);
        atOnce.forEach(each -> check("at_once", each, 0, Long.MAX_VALUE));
        if (!(lossScale.factor() > 0) || Double.isInfinite(lossScale.factor())) {
            throw new IllegalArgumentException(
                    "\"factor\" of \"loss_scale\" is " + lossScale.factor() + "; expected a positive number");
        }
        check("skipped", lossScale.skipped(), 0, step);
        if (!(rateFactor > 0) || Double.isInfinite(rateFactor)) {
            throw new IllegalArgumentException("\"rate_factor\" is " + rateFactor + "; expected a positive number");
        }
        check("reported_step", progress.reportedStep, -1, step);
        check("best", progress.best, -1, progress.reports.size() - 1L);
    }

    private static void check(String name, long found, long least, long most) {
        if (found < least || found > most) {
            throw new IllegalArgumentException("\"" + name + "\" is " + found + "; expected " + least + " to " + most);
        }
    }

    private static Evaluations evaluations(JsonObject json) {
        final List<EpochReport> reports = new ArrayList<>();
        for (JsonElement element : json.getAsJsonArray("reports")) {
            final JsonObject one = element.getAsJsonObject();
            reports.add(new EpochReport(
                    MetricsState.number(one.get("epoch")),
                    one.get("step").getAsLong(),
                    MetricsState.number(one.get("training_loss")),
                    Optional.ofNullable(one.getAsJsonObject("validation")).map(MetricsState::of),
                    MetricsState.number(one.get("seconds")),
                    MetricsState.number(one.get("rows_per_second"))));
        }
        return new Evaluations(
                MetricsState.number(json.get("loss_sum")),
                json.get("loss_steps").getAsLong(),
                json.get("rows").getAsLong(),
                MetricsState.number(json.get("since")),
                json.get("reported_step").getAsLong(),
                reports,
                json.get("best").getAsInt(),
                MetricsState.number(json.get("watched")),
                json.get("failures").getAsInt(),
                json.get("warned").getAsBoolean(),
                json.get("warned_of_undefined").getAsBoolean());
    }
}
