package dev.finetune.internal.run;

import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.preference.PreferenceEncoder;
import dev.finetune.preference.PreferenceLoss;
import dev.finetune.preference.PreferencePair;
import dev.finetune.preference.PreferenceRows;
import dev.finetune.preference.PreferenceTask;
import dev.finetune.task.Task;
import dev.finetune.train.BatchSource;
import dev.finetune.train.EncodedRows;
import dev.finetune.train.RowEncoder;
import dev.finetune.train.Trainer;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingSettings;
import dev.finetune.train.WrittenSamples;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A language model learns which of two answers is preferred, top to bottom. */
public final class PreferenceFitting<I> {
    static final String NAME = "fitPreferences(...)";

    private final Draft draft;
    private final TrainingSettings settings;
    private final PreferenceLoss loss;

    public PreferenceFitting(Draft said, PreferenceLoss loss) {
        Sharing.refuse(said.processes(), "fitPreferences(...)");
        final Head head = said.head().orElseGet(Heads::causalLm);
        if (head instanceof Head.Seq2SeqLm) {
            throw new FinetuneException(
                    NAME + " is for decoders, such as GPT-2 and Llama; models with an encoder learn from"
                            + " Label.completion(...) with fit(...).");
        }
        if (!(head instanceof Head.CausalLm)) {
            throw new FinetuneException(NAME + " teaches a language model what to write, and this head is for " + head
                    + ": leave out head(...), or say head(Heads.causalLm()).");
        }
        this.draft = said.head(head).training(PreferenceFitting::withoutDropout);
        this.settings = draft.settings();
        this.loss = loss;
    }

    /** As TRL trains: the model's own dropout is noise in what is compared with the reference. */
    private static TrainingSettings withoutDropout(TrainingSettings training) {
        return training.regularization().dropout().isPresent()
                ? training
                : training.regularization(training.regularization().dropout(0));
    }

    /** As it trains: with its head, and without dropout. */
    Draft draft() {
        return draft;
    }

    /** Settings of the way that it trains. */
    Map<String, Object> more() {
        return Map.of("preferences", loss);
    }

    /** What it trains a model for. */
    Task task(LoadedModel<I> model) {
        return new PreferenceTask(model.assembly().task().head(), loss);
    }

    public Trained<I> fit(Dataset<I> train, Optional<Dataset<I>> validation) {
        check(train, validation);
        final List<String> warnings = new ArrayList<>();
        final Fitting<I> fitting = new Fitting<>(draft);
        try {
            final Prepared<I> prepared = prepare(train, validation, fitting, warnings);
            try {
                return trained(prepared, train, validation, fitting, warnings);
            } catch (RuntimeException | Error e) {
                prepared.close();
                throw e;
            }
        } finally {
            fitting.close();
        }
    }

    private void check(Dataset<I> train, Optional<Dataset<I>> validation) {
        PackedBase.checkTraining(draft);
        checkSettings(validation.isPresent());
        PreferenceEvaluation.checkInMemory(NAME, train);
        validation.ifPresent(data -> PreferenceEvaluation.checkInMemory(NAME, data));
    }

    /** All that comes before training: looks at the data, loads the model, encodes the pairs, and asks what is compared with. */
    Prepared<I> prepare(Dataset<I> train, Optional<Dataset<I>> validation) {
        check(train, validation);
        return prepare(train, validation, new Fitting<>(draft), new ArrayList<>());
    }

    private Prepared<I> prepare(
            Dataset<I> train, Optional<Dataset<I>> validation, Fitting<I> fitting, List<String> warnings) {
        final long loadingStart = System.nanoTime();
        fitting.lookAt(train, validation, warnings);
        final LoadedModel<I> model = ModelReading.whole(
                draft, now -> LoadedModel.open(now, Optional.empty(), train.inputType()), LoadedModel::close);
        try {
            ModelCheck.warnings(draft, settings, model.assembly().network())
                    .forEach(warning -> fitting.warn(warning, warnings));
            final long encodingStart = System.nanoTime();
            final PreferenceEncoder<I> encoder = PreferenceEvaluation.encoder(model);
            final List<PreferencePair> pairs = encoded(train, encoder, "training", fitting, warnings);
            fitting.warnOfTruncation(
                    2 * train.size().orElse(0), model.assembly().encoder().truncated(), warnings);
            final Optional<List<PreferencePair>> held =
                    validation.map(data -> encoded(data, encoder, "validation", fitting, warnings));
            final PreferenceRows rows = new PreferenceRows(
                    asked(pairs, model), model.assembly().encoder(), fitting.order(model, settings.seed()));
            final Optional<BatchSource> evaluated = held.map(some -> new PreferenceRows(
                    asked(some, model), model.assembly().encoder(), EncodedRows.Order.evaluating(settings)));
            return new Prepared<>(
                    model,
                    rows,
                    evaluated,
                    (encodingStart - loadingStart) / 1e9,
                    (System.nanoTime() - encodingStart) / 1e9);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    private Trained<I> trained(
            Prepared<I> prepared,
            Dataset<I> train,
            Optional<Dataset<I>> validation,
            Fitting<I> fitting,
            List<String> warnings) {
        final LoadedModel<I> model = prepared.model();
        final Optional<SampleWriting<I>> writing = SampleWriting.of(draft, model, validation);
        final Optional<WrittenSamples> before = writing.map(SampleWriting::before);
        before.ifPresent(fitting::sampledBefore);
        fitting.begins(model, more(), train, validation);
        final TrainingHistory history;
        try {
            history = new Trainer(
                            model.assembly().network(),
                            task(model),
                            settings,
                            model.device(),
                            fitting.keeping(warnings),
                            draft.cancellation())
                    .with(Fitting.checkpointing(draft, more(), model))
                    .train(prepared.training(), prepared.evaluation());
        } catch (RuntimeException e) {
            fitting.failed(model, more(), e, train, validation);
            throw e;
        }
        final Optional<WrittenSamples> samples =
                writing.map(some -> some.after(before.orElseThrow(), told -> fitting.warn(told, warnings)));
        samples.ifPresent(fitting::sampled);
        return fitting.ended(model, more(), train, validation, warnings, history, samples)
                .comparing(new PreferenceEvaluation<>(draft, loss));
    }

    private List<PreferencePair> encoded(
            Dataset<I> data, PreferenceEncoder<I> encoder, String what, Fitting<I> fitting, List<String> warnings) {
        final List<PreferencePair> pairs = RowEncoder.encode(data, encoder::encodePairs);
        final long left = data.size().orElse(pairs.size()) - pairs.size();
        final String why = "in which an answer lies beyond the maximum length altogether, or both answers are the same"
                + " within it; a larger maxLength or shorter prompts help";
        if (pairs.isEmpty()) {
            throw new FinetuneException("The " + what + " data holds no pair to learn from (" + data.describe() + ")"
                    + (left == 0 ? "." : ", but " + left + " " + why + "."));
        }
        if (left > 0) {
            fitting.warn(
                    String.format(
                            Locale.ROOT, "Of %d %s pairs %d are left out, %s.", left + pairs.size(), what, left, why),
                    warnings);
        }
        return pairs;
    }

    private List<PreferencePair> asked(List<PreferencePair> pairs, LoadedModel<I> model) {
        if (!loss.readsReference()) {
            return pairs;
        }
        final long start = System.nanoTime();
        final List<PreferencePair> asked = PreferenceEvaluation.asked(pairs, model, settings, draft.cancellation());
        Fitting.LOG.info(
                "The model was asked what it says of {} pairs before it learns: {} s",
                pairs.size(),
                String.format(Locale.ROOT, "%.1f", (System.nanoTime() - start) / 1e9));
        return asked;
    }

    private void checkSettings(boolean evaluates) {
        IdleSettings.ofClasses(draft).andTwoPasses(draft).names().ifPresent(names -> {
            throw new FinetuneException(NAME + " compares two answers, and knows no classes to predict; " + names
                    + " would do nothing there. Leave out what is named."
                    + (draft.loss().labelSmoothing() > 0
                            ? " For preferences that may be the wrong way round there is Dpo.beta(...)"
                                    + ".labelSmoothing(...)."
                            : ""));
        });
        if (!evaluates
                && (settings.keepBest().isPresent() || settings.earlyStopping().isPresent())) {
            throw new FinetuneException("Early stopping and keeping the best weights need data to evaluate on: call"
                    + " fitPreferences(train, validation, ...).");
        }
        draft.samples().filter(some -> !evaluates).ifPresent(some -> {
            throw new FinetuneException("samples(" + some.rows() + ") writes for rows of validation data: call"
                    + " fitPreferences(train, validation, ...).");
        });
    }
}
