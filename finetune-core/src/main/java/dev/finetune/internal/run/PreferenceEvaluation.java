package dev.finetune.internal.run;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Parameter;
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
import java.util.ArrayList;
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
        final List<PreferencePair> pairs = pairs(data, model);
        return evaluate(loss.readsReference() ? asked(pairs, data.inputType()) : pairs, model, draft.settings(), loss);
    }

    /**
     * {@return the metrics of all pairs that can be compared, for a model that may have learned from others, or was loaded} What a loss
     * compares with that needs it is what the model was before it learned, where that is known, and else the base of its adapter.
     *
     * @param trained the model (borrowed)
     * @param loss by which pairs are compared
     * @param lifetime of the model
     * @throws FinetuneException if the loss compares, and nothing is left of what the model was
     */
    public static <I> Metrics evaluate(Dataset<I> data, Trained<I> trained, PreferenceLoss loss, Lifetime lifetime) {
        final LoadedModel<I> model = trained.model();
        if (!loss.readsReference() || trained.preferences().isPresent()) {
            final Optional<PreferenceEvaluation<I>> same =
                    trained.preferences().map(known -> new PreferenceEvaluation<I>(known.draft, loss));
            return lifetime.use(() -> same.isPresent()
                    ? same.get().evaluate(data, model)
                    : evaluate(pairs(data, model), model, trained.settings(), loss));
        }
        checkBaseIsThere(loss, model);
        final List<PreferencePair> pairs = lifetime.use(() -> pairs(data, model));
        final List<PreferencePair> asked = new ArrayList<>();
        lifetime.alone(() -> asked.addAll(model.assembly()
                .network()
                .withoutAdapters(() -> asked(pairs, model, trained.settings(), new Cancellation()))));
        return lifetime.use(() -> evaluate(asked, model, trained.settings(), loss));
    }

    private static void checkBaseIsThere(PreferenceLoss loss, LoadedModel<?> model) {
        final String compares =
                "evaluate(pairs, " + loss + "): it compares with the model as it was before it learned, and ";
        if (model.method().isEmpty()) {
            throw new FinetuneException(
                    compares + "nothing of that is left in this one, whose weights are whole. Evaluate"
                            + " the model that fitPreferences(...) returns; or load an adapter beside its base,"
                            + " FineTuner.from(base).adapter(directory).head(Heads.causalLm()).untrained(...); or compare by"
                            + " Orpo.lambda(...), which needs nothing.");
        }
        model.assembly().network().trained().stream()
                .map(Parameter::name)
                .filter(name -> !model.isOfAdapter(name))
                .findFirst()
                .ifPresent(name -> {
                    throw new FinetuneException(compares + "its base was trained beside the adapter (" + name
                            + " ...), so that it isn't what it was: evaluate the model that fitPreferences(...) returns, or"
                            + " compare by Orpo.lambda(...), which needs nothing.");
                });
    }

    private static <I> List<PreferencePair> pairs(Dataset<I> data, LoadedModel<I> model) {
        checkInMemory("evaluate(pairs)", data);
        final List<PreferencePair> pairs = RowEncoder.encode(data, encoder(model)::encodePairs);
        if (pairs.isEmpty()) {
            throw new FinetuneException(
                    "The evaluation data holds no pair that can be compared (" + data.describe()
                            + "): an answer of each lies beyond the maximum length altogether, or both are the same within it.");
        }
        return pairs;
    }

    private static Metrics evaluate(
            List<PreferencePair> pairs, LoadedModel<?> model, TrainingSettings settings, PreferenceLoss loss) {
        return Evaluator.evaluate(
                model.assembly().network(),
                new PreferenceTask(model.assembly().task().head(), loss),
                new PreferenceRows(pairs, model.assembly().encoder(), EncodedRows.Order.evaluating(settings)),
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
