package dev.finetune.internal.run;

import dev.finetune.batch.MemoryFormat;
import dev.finetune.freeze.Freeze;
import dev.finetune.internal.FunctionNames;
import dev.finetune.report.Provenance;
import dev.finetune.train.BatchSize;
import dev.finetune.train.RegularizationSettings;
import dev.finetune.train.TrainingSettings;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every setting of a tuner in readable lines, those that differ from the defaults first. */
public final class SettingsText {
    /** Names of settings that other weights than those that were loaded, or another end, don't come from. */
    private static final Set<String> WITHOUT_EFFECT = Set.of("model", "maximum time", "checkpoints");

    /** What a model's config.json says besides what is computed; labels are the head's. */
    private static final Set<String> NOT_COMPUTED = Set.of(
            "_name_or_path",
            "_commit_hash",
            "architectures",
            "dtype",
            "id2label",
            "label2id",
            "torch_dtype",
            "transformers_version");

    private SettingsText() {}

    public static String describe(Draft draft) {
        return describe(draft, Map.of());
    }

    /** The same with lines of one way to fit before it. */
    public static String describe(Draft draft, Map<String, Object> more) {
        final Map<String, String> defaults = inOneLine(lines(new Draft()));
        final Map<String, String> said = inOneLine(more);
        said.putAll(inOneLine(lines(draft)));
        final Map<Boolean, List<String>> byDefault = said.entrySet().stream()
                .collect(Collectors.partitioningBy(
                        line -> line.getValue().equals(defaults.get(line.getKey())),
                        Collectors.mapping(line -> line.getKey() + ": " + line.getValue(), Collectors.toList())));
        return Stream.concat(
                        byDefault.get(false).stream(),
                        byDefault.get(true).stream().map(line -> line + Provenance.DEFAULT))
                .collect(Collectors.joining("\n"));
    }

    /**
     * The settings that change what a training computes, by name.
     *
     * @param more of one way to fit
     * @param model what is trained (borrowed); where it, or its adapter, comes from is no part of it
     */
    static Map<String, String> identity(Draft draft, Map<String, Object> more, LoadedModel<?> model) {
        final Map<String, Object> lines = new LinkedHashMap<>(more);
        lines.putAll(lines(draft));
        lines.keySet().removeAll(WITHOUT_EFFECT);
        lines.put("head", model.assembly().task().head());
        lines.put("device", model.device().is_cuda() ? "a GPU" : "the CPU"); // Whether it was named, or found.
        if (draft.method != null) {
            lines.put("adapter", draft.method);
        }
        model.assembly().config().entrySet().stream()
                .filter(entry -> !NOT_COMPUTED.contains(entry.getKey()))
                .forEach(entry -> lines.put("config.json: " + entry.getKey(), entry.getValue()));
        return inOneLine(lines);
    }

    private static Map<String, Object> lines(Draft draft) {
        final Map<String, Object> lines = new LinkedHashMap<>();
        model(draft, lines);
        rates(draft.training(), lines);
        length(draft.training(), lines);
        lines.put("checkpoints", draft.checkpoints().map(Object::toString).orElse("none"));
        loss(draft, lines);
        computing(draft, lines);
        evaluating(draft, lines);
        return lines;
    }

    private static void model(Draft draft, Map<String, Object> lines) {
        lines.put(
                "model",
                ModelPlace.shown(draft.model) + (draft.revision.equals("main") ? "" : " at " + draft.revision));
        lines.put("weights", draft.randomWeights ? "random" : "pretrained");
        lines.put("head", draft.head == null ? "as saved" : draft.head);
        final String freezing = draft.freezing.stream()
                .filter(rule -> !(rule.freeze() instanceof Freeze.Nothing))
                .map(FreezeRule::toString)
                .collect(Collectors.joining(", "));
        lines.put("freezing", freezing.isEmpty() ? "nothing" : freezing);
        if (draft.method != null) {
            lines.put(
                    "adapter",
                    draft.method
                            + (draft.adapter == null ? "" : " from " + ModelPlace.shown(draft.adapter.toString())));
        }
        lines.put("maximum length", draft.maxLength == 0 ? "the model's" : draft.maxLength + " tokens");
        if (!draft.augmentations.isEmpty()) {
            lines.put("augmentations", draft.augmentations);
        }
        if (draft.inputSettings != null) {
            lines.put("inputs", draft.inputSettings);
        }
        lines.put("dropout", Double.isNaN(draft.dropout) ? "the model's" : draft.dropout);
    }

    private static void rates(TrainingSettings t, Map<String, Object> lines) {
        lines.put("learning rate", t.learningRate());
        lines.put("schedule", t.schedule());
        if (t.preservation().layerDecay() != 1) {
            lines.put("layer decay", t.preservation().layerDecay());
        }
        if (t.preservation().epochsPerStage() > 0) {
            lines.put(
                    "gradual unfreezing",
                    "one more stage every " + t.preservation().epochsPerStage() + " epochs");
        }
        final RegularizationSettings regularization = t.preservation().regularization();
        if (regularization.l2sp() > 0 || regularization.l2spNew() > 0) {
            lines.put("L2-SP", regularization.l2sp() + ", " + regularization.l2spNew() + " for what is new");
        }
        if (regularization.distill() > 0) {
            lines.put("distillation from the original", regularization.distill());
        }
        if (regularization.rDrop() > 0) {
            lines.put("R-Drop", regularization.rDrop());
        }
        t.preservation().average().ifPresent(average -> lines.put("weight average", average));
        lines.put("optimizer", t.optimizer());
        lines.put("maximum gradient norm", t.maxGradientNorm() == 0 ? "none" : t.maxGradientNorm());
    }

    private static void length(TrainingSettings t, Map<String, Object> lines) {
        lines.put("epochs", t.epochs());
        lines.put("steps", t.maxSteps() == 0 ? "those of the epochs" : t.maxSteps() + ", in place of the epochs'");
        lines.put("maximum time", t.maxTime().map(SettingsText::words).orElse("none"));
        lines.put("batch size", new BatchSize(t.batchSize(), t.batchesInParts()));
        lines.put("accumulation", t.accumulation() == 1 ? "none" : t.accumulation() + " batches a step");
        lines.put("order", (t.shuffle() ? "shuffled" : "as given") + (t.groupByLength() ? ", by similar length" : ""));
        lines.put("seed", t.seed());
    }

    private static String words(Duration time) {
        final double seconds = time.toMillis() / 1e3;
        return seconds < 120 ? seconds + " s" : seconds / 60 + " min";
    }

    private static void loss(Draft draft, Map<String, Object> lines) {
        lines.put("label smoothing", draft.loss.labelSmoothing() == 0 ? "none" : draft.loss.labelSmoothing());
        lines.put(
                "class weights",
                draft.balancedClassWeights
                        ? "balanced"
                        : draft.loss.classWeights().isEmpty() ? "none" : draft.loss.classWeights());
        if (draft.loss.focalGamma() > 0) {
            lines.put("focal loss", "gamma " + draft.loss.focalGamma());
        }
        if (draft.balancedSampling) {
            lines.put("sampling", "every class as often as any other");
        }
    }

    private static void computing(Draft draft, Map<String, Object> lines) {
        final TrainingSettings t = draft.training();
        lines.put("device", t.device());
        lines.put("precision", t.precision());
        if (draft.memoryFormat != MemoryFormat.AUTO) {
            lines.put("memory format", draft.memoryFormat);
        }
        lines.put("gradient checkpointing", t.gradientCheckpointing() ? "yes" : "no");
        if (!t.leanBackward()) {
            lines.put("backward pass", "all that is computed is kept for it");
        }
        if (!t.cudaGraphs()) {
            lines.put("CUDA graphs", "none are recorded");
        }
        if (!draft.skipUnread) {
            lines.put("last layer", "computed for all tokens, read or not");
        }
        lines.put("frozen stages", t.keepFrozenOutputs() ? "computed once an input" : "computed in every step");
    }

    private static void evaluating(Draft draft, Map<String, Object> lines) {
        final TrainingSettings t = draft.training();
        lines.put(
                "evaluation",
                (t.evaluateEvery() == 0 ? "every epoch" : "every " + t.evaluateEvery() + " steps") + ", in batches of "
                        + t.evaluationBatchSize());
        lines.put("validation fraction", draft.validationFraction);
        lines.put("early stopping", t.earlyStopping().map(Object::toString).orElse("none"));
        lines.put(
                "keep",
                t.keepBest()
                        ? "the best weights" + (t.bestMetric().isEmpty() ? "" : " by " + t.bestMetric())
                        : "the last weights");
    }

    /** Labels, for one, may hold line breaks. */
    private static Map<String, String> inOneLine(Map<String, Object> lines) {
        final Map<String, String> texts = new LinkedHashMap<>();
        lines.forEach((name, value) -> texts.put(
                name, FunctionNames.hide(value.toString()).replace("\r", "\\r").replace("\n", "\\n")));
        return texts;
    }
}
