package dev.finetune.report;

import dev.finetune.record.FittedModel;
import dev.finetune.record.LayerRow;
import dev.finetune.record.Setting;
import dev.finetune.train.Rehearsal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a fit would do and take, measured on a few of its batches on this machine, as it is busy now. Early stopping, a maximum
 * time, and whoever cancels it may end it sooner. Not counted: the memory of pictures that are kept prepared (256 MB at most), and
 * rows that frozen layers compute again beside longer ones (question answering).
 *
 * @param model what would be fitted
 * @param settings of the fit; first those that differ from the defaults
 * @param layers every parameter of the network, in order
 * @param planned rows, steps and evaluations
 * @param costs what steps and evaluations take
 * @param device "the CPU" or "a GPU"
 * @param loadingSeconds how long it took to load the model
 * @param encodingSeconds how long it took to encode the rows
 * @param peakMegabytes the largest resident size that this process would come to, with all else that it holds; empty where the
 *     system doesn't tell (only Linux does). The memory of a GPU isn't counted
 * @param warnings what will hurt
 */
public record Forecast(
        FittedModel model,
        List<Setting> settings,
        List<LayerRow> layers,
        Rehearsal.Planned planned,
        Rehearsal.Costs costs,
        String device,
        double loadingSeconds,
        double encodingSeconds,
        Optional<Long> peakMegabytes,
        List<String> warnings) {
    private static final int NAME = 13;

    /** Keeps its own copies. */
    public Forecast {
        settings = List.copyOf(settings);
        layers = List.copyOf(layers);
        warnings = List.copyOf(warnings);
    }

    /** {@return seconds that all steps take, with what the first one takes beyond others} */
    public double trainingSeconds() {
        final List<Double> epochs = costs.stepSeconds();
        long left = planned.plan().steps();
        double seconds = costs.startSeconds();
        for (int epoch = 0; left > 0; epoch++) {
            final boolean isLast = epoch >= epochs.size() - 1 || planned.stepsPerEpoch() == 0;
            final long steps = isLast ? left : Math.min(left, planned.stepsPerEpoch());
            seconds += steps * epochs.get(Math.min(epoch, epochs.size() - 1));
            left -= steps;
        }
        return seconds;
    }

    /** {@return seconds that all evaluations take; not a number where a stream is evaluated on, whose length isn't known} */
    public double evaluationSeconds() {
        final long evaluations = planned.evaluations();
        if (evaluations <= 0) {
            return evaluations == 0 ? 0 : Double.NaN;
        }
        return costs.firstEvaluationSeconds() + (evaluations - 1) * costs.evaluationSeconds();
    }

    /** {@return seconds from the call of fit to its end, which a maximum time may bring; but for evaluations of streams, a report, and
     * checkpoints} */
    public double seconds() {
        final double evaluating = evaluationSeconds();
        final double all = trainingSeconds() + (Double.isNaN(evaluating) ? 0 : evaluating);
        final double most = planned.maxTime().map(time -> time.toMillis() / 1e3).orElse(Double.POSITIVE_INFINITY);
        return loadingSeconds + encodingSeconds + Math.min(all, most);
    }

    /** {@return all of it in words, some 20 lines} */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder();
        final Map<String, String> lines = new LinkedHashMap<>();
        lines.put("model", model.base());
        lines.put("head", model.head());
        model.adapter().ifPresent(adapter -> lines.put("adapter", adapter));
        lines.put(
                "parameters",
                String.format(
                        Locale.ROOT,
                        "%,d, of which %,d are trained (%.1f %%)",
                        planned.plan().parameters(),
                        planned.plan().trainedParameters(),
                        100.0
                                * planned.plan().trainedParameters()
                                / planned.plan().parameters()));
        lines.put("layers", String.join(", ", stages()));
        lines.put("rows", rows());
        lines.put("steps", steps());
        lines.put("time", time());
        lines.put(
                "memory",
                peakMegabytes
                        .map(megabytes -> String.format(
                                Locale.ROOT,
                                "up to some %,d MB of this process%s",
                                megabytes,
                                device.equals("a GPU") ? "; the GPU's own isn't counted" : ""))
                        .orElse("not known on this system"));
        lines.forEach((name, value) -> text.append(String.format("%-" + NAME + "s%s%n", name, value)));
        final List<Setting> said =
                settings.stream().filter(setting -> !setting.isDefault()).toList();
        append(
                text,
                "Settings that differ from the library's defaults",
                said.stream()
                        .map(setting -> setting.name() + ": " + setting.value())
                        .toList());
        append(text, "What will hurt", warnings);
        return text.toString().stripTrailing();
    }

    private static void append(StringBuilder text, String title, List<String> lines) {
        text.append(String.format("%n%s%n", title));
        (lines.isEmpty() ? List.of("none") : lines).forEach(line -> text.append(String.format("  %s%n", line)));
    }

    /** Stage by stage, those that are alike together. */
    private List<String> stages() {
        final Map<String, List<LayerRow>> byStage = new LinkedHashMap<>();
        layers.forEach(row ->
                byStage.computeIfAbsent(row.stage(), stage -> new ArrayList<>()).add(row));
        final List<String> said = new ArrayList<>();
        String first = "";
        String last = "";
        String state = "";
        for (Map.Entry<String, List<LayerRow>> stage : byStage.entrySet()) {
            final String now = state(stage.getValue());
            if (!now.equals(state)) {
                addStages(first, last, state, said);
                first = stage.getKey();
            }
            last = stage.getKey();
            state = now;
        }
        addStages(first, last, state, said);
        return said;
    }

    private static void addStages(String first, String last, String state, List<String> said) {
        if (!first.isEmpty()) {
            said.add((first.equals(last) ? first : first + " to " + last) + " " + state);
        }
    }

    private static String state(List<LayerRow> stage) {
        final long trained = stage.stream().filter(LayerRow::isTrained).count();
        return trained == 0 ? "frozen" : trained == stage.size() ? "trained" : "partly frozen";
    }

    private String rows() {
        final long training = planned.plan().rows();
        final long validation = planned.plan().validationRows();
        return (training < 0 ? "a stream" : String.format(Locale.ROOT, "%,d", training))
                + " to train on, "
                + (validation < 0
                        ? "a stream"
                        : validation == 0 ? "none" : String.format(Locale.ROOT, "%,d", validation))
                + " to evaluate on";
    }

    private String steps() {
        return String.format(
                Locale.ROOT,
                "%,d%s; evaluated %s",
                planned.plan().steps(),
                planned.stepsPerEpoch() == 0
                        ? ""
                        : String.format(Locale.ROOT, ", %,d an epoch", planned.stepsPerEpoch()),
                evaluated(planned.evaluations()));
    }

    private static String evaluated(long evaluations) {
        if (evaluations < 0) {
            return "at each end of the data";
        }
        return evaluations == 0 ? "never" : evaluations == 1 ? "once" : evaluations + " times";
    }

    private String time() {
        final double evaluating = evaluationSeconds();
        return String.format(
                Locale.ROOT,
                "about %s on %s: %s to load and encode, %s to train (%s a step), %s%s",
                Course.time(seconds()),
                device,
                Course.time(loadingSeconds + encodingSeconds),
                Course.time(trainingSeconds()),
                ofStep(),
                Double.isNaN(evaluating)
                        ? "evaluations of a stream not counted"
                        : Course.time(evaluating) + " to evaluate",
                planned.maxTime()
                        .filter(most -> most.toMillis() / 1e3 < trainingSeconds())
                        .map(most -> "; training stops after " + Course.time(most.toMillis() / 1e3))
                        .orElse(""));
    }

    private String ofStep() {
        final List<Double> epochs = costs.stepSeconds();
        final String first = milliseconds(epochs.get(0));
        return epochs.size() == 1
                ? first
                : first + " in the first epoch, " + milliseconds(epochs.get(epochs.size() - 1)) + " in the last";
    }

    private static String milliseconds(double seconds) {
        return String.format(Locale.ROOT, seconds < 0.01 ? "%.1f ms" : "%.0f ms", 1e3 * seconds);
    }
}
