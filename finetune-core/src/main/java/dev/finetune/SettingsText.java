package dev.finetune;

import dev.finetune.spi.MemoryFormat;
import dev.finetune.train.Pulls;
import dev.finetune.train.TrainingSettings;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Every setting of a tuner in readable lines. */
final class SettingsText {
    private SettingsText() {}

    static String describe(Draft draft) {
        final TrainingSettings t = draft.training();
        final Map<String, Object> lines = new LinkedHashMap<>();
        lines.put("model", draft.model + (draft.revision.equals("main") ? "" : " at " + draft.revision));
        lines.put("weights", draft.randomWeights ? "random" : "pretrained");
        lines.put("head", draft.head == null ? "as saved" : draft.head);
        lines.put(
                "freezing",
                draft.freezing.isEmpty()
                        ? "nothing"
                        : draft.freezing.stream()
                                .map(rule -> (rule.frozen() ? "freeze " : "unfreeze ") + rule.freeze())
                                .collect(Collectors.joining(", ")));
        if (draft.method != null) {
            lines.put("adapter", draft.method + (draft.adapter == null ? "" : " from " + draft.adapter));
        }
        lines.put("maximum length", draft.maxLength == 0 ? "the model's" : draft.maxLength + " tokens");
        if (!draft.augmentations.isEmpty()) {
            lines.put("augmentations", draft.augmentations);
        }
        if (draft.inputSettings != null) {
            lines.put("inputs", draft.inputSettings);
        }
        if (draft.memoryFormat != MemoryFormat.AUTO) {
            lines.put("memory format", draft.memoryFormat);
        }
        lines.put("dropout", Double.isNaN(draft.dropout) ? "the model's" : draft.dropout);
        lines.put("learning rate", t.learningRate());
        lines.put("schedule", t.schedule());
        if (t.gentle().layerDecay() != 1) {
            lines.put("layer decay", t.gentle().layerDecay());
        }
        if (t.gentle().epochsPerStage() > 0) {
            lines.put("gradual unfreezing", "one more stage every " + t.gentle().epochsPerStage() + " epochs");
        }
        final Pulls pulls = t.gentle().pulls();
        if (pulls.l2sp() > 0 || pulls.l2spNew() > 0) {
            lines.put("L2-SP", pulls.l2sp() + ", " + pulls.l2spNew() + " for what is new");
        }
        if (pulls.distill() > 0) {
            lines.put("distillation from the original", pulls.distill());
        }
        if (pulls.rDrop() > 0) {
            lines.put("R-Drop", pulls.rDrop());
        }
        t.gentle().average().ifPresent(average -> lines.put("weight average", average));
        lines.put("optimizer", t.optimizer());
        lines.put("epochs", t.epochs());
        lines.put("steps", t.maxSteps() == 0 ? "those of the epochs" : t.maxSteps() + ", in place of the epochs'");
        lines.put("maximum time", t.maxTime().map(Object::toString).orElse("none"));
        lines.put("batch size", t.batchSize());
        lines.put("accumulation", t.accumulation());
        lines.put("maximum gradient norm", t.maxGradientNorm() == 0 ? "none" : t.maxGradientNorm());
        lines.put("label smoothing", draft.loss.labelSmoothing());
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
        lines.put("precision", t.precision());
        lines.put("gradient checkpointing", t.gradientCheckpointing());
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
        lines.put("order", (t.shuffle() ? "shuffled" : "as given") + (t.groupByLength() ? ", by similar length" : ""));
        lines.put("seed", t.seed());
        lines.put("device", t.device());
        return lines.entrySet().stream()
                .map(line -> line.getKey() + ": " + inOneLine(line.getValue()))
                .collect(Collectors.joining("\n"));
    }

    /** Labels, for one, may hold line breaks. */
    private static String inOneLine(Object value) {
        return value.toString().replace("\r", "\\r").replace("\n", "\\n");
    }
}
