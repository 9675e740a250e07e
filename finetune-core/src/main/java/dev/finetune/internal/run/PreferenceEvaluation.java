package dev.finetune.internal.run;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.Metrics;
import dev.finetune.preference.PreferenceEncoder;
import dev.finetune.preference.PreferenceLoss;
import dev.finetune.preference.PreferencePair;
import dev.finetune.preference.PreferenceRows;
import dev.finetune.preference.PreferenceTask;
import dev.finetune.preference.ReferenceModel;
import dev.finetune.train.Cancellation;
import dev.finetune.train.EncodedRows;
import dev.finetune.train.Evaluator;
import dev.finetune.train.RowEncoder;
import dev.finetune.train.TrainingSettings;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Which of two answers does a model prefer that learned it? As its training evaluates. What it is compared with is loaded again, where
 * the loss compares, and closed when it was asked.
 *
 * @param draft as it was trained
 * @param loss that it learned by
 * @param <I> the kind of input
 */
public record PreferenceEvaluation<I>(Draft draft, PreferenceLoss loss) {
    /** {@return whether data holds two answers an example} */
    public static boolean isOf(Dataset<?> data) {
        final Iterator<? extends Example<?>> examples = data.iterator();
        return examples.hasNext() && examples.next().label() instanceof Label.Comparison;
    }

    /** {@return the metrics of all pairs that can be compared} */
    public Metrics evaluate(Dataset<I> data, LoadedModel<I> model) {
        checkInMemory("evaluate(pairs)", data);
        final TrainingSettings settings = draft.settings();
        final List<PreferencePair> pairs = RowEncoder.encode(data, encoder(model)::encodePairs);
        if (pairs.isEmpty()) {
            throw new FinetuneException(
                    "The evaluation data holds no pair that can be compared (" + data.describe()
                            + "): an answer of each lies beyond the maximum length altogether, or both are the same within it.");
        }
        return Evaluator.evaluate(
                model.assembly().network(),
                new PreferenceTask(model.assembly().task().head(), loss),
                new PreferenceRows(
                        loss.readsReference() ? asked(pairs, data.inputType()) : pairs,
                        model.assembly().encoder(),
                        EncodedRows.Order.evaluating(settings)),
                model.device(),
                settings);
    }

    private List<PreferencePair> asked(List<PreferencePair> pairs, Class<I> inputType) {
        try (LoadedModel<I> before = ModelReading.whole(
                draft, now -> LoadedModel.open(now, Optional.empty(), inputType), LoadedModel::close)) {
            return asked(pairs, before, draft.settings(), new Cancellation());
        }
    }

    /** The pairs, knowing what a model says of them now. */
    static <I> List<PreferencePair> asked(
            List<PreferencePair> pairs, LoadedModel<I> model, TrainingSettings settings, Cancellation cancellation) {
        return ReferenceModel.asked(
                pairs,
                model.assembly().network(),
                model.assembly().task().head(),
                model.assembly().encoder(),
                settings,
                model.device(),
                cancellation);
    }

    @SuppressWarnings("unchecked") // It reads the same inputs as the encoder that it is.
    static <I> PreferenceEncoder<I> encoder(LoadedModel<I> model) {
        if (!(model.assembly().encoder() instanceof PreferenceEncoder<?>)) {
            throw new FinetuneException(PreferenceFitting.NAME
                    + ": this model doesn't learn from preferences; decoders (GPT-2, Llama ...) do.");
        }
        return (PreferenceEncoder<I>) model.assembly().encoder();
    }

    /** Refuses a stream. */
    static void checkInMemory(String what, Dataset<?> data) {
        if (data.size().isEmpty()) {
            throw new FinetuneException(what + " takes pairs in memory, not from a stream (" + data.describe()
                    + "): leave out streamed(), or limit(...) what is read.");
        }
    }
}
