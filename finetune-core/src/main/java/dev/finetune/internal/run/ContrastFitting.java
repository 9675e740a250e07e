package dev.finetune.internal.run;

import dev.finetune.batch.Encoded;
import dev.finetune.contrastive.Contrast;
import dev.finetune.contrastive.ContrastRows;
import dev.finetune.contrastive.ContrastTask;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.train.RowEncoder;
import dev.finetune.train.Trainer;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Vectors learn what is alike, top to bottom: pairs of the data, each against the others of its batch. */
public final class ContrastFitting<I> {
    private final Draft draft;
    private final Contrast contrast;

    public ContrastFitting(Draft draft, Contrast contrast) {
        Sharing.refuse(draft.processes(), "fitContrastive(...)");
        this.draft = draft;
        this.contrast = contrast;
    }

    public Trained<I> fit(Dataset<I> train) {
        draft.head().filter(head -> head.pooling().isEmpty()).ifPresent(head -> {
            throw new FinetuneException("fitContrastive(...) teaches vectors, not a "
                    + head.kind()
                    + " head: leave out head(...), or say head(Heads.features(...)).");
        });
        checkSettings();
        if (train.size().isEmpty()) {
            throw new FinetuneException("fitContrastive(...) draws pairs from data in memory, not from a stream ("
                    + train.describe() + ").");
        }
        final Alike<I> alike = Alike.of(train);
        final Head head =
                draft.head().orElseGet(() -> Heads.features(ModelReading.look(draft, SentenceModules::usualPooling)));
        final Draft known = draft.head(head);
        final List<String> warnings = new ArrayList<>();
        final Fitting<I> fitting = new Fitting<>(known);
        try {
            fitting.lookAt(train, Optional.empty(), warnings);
            return fit(train, alike, head, fitting, warnings);
        } finally {
            fitting.close();
        }
    }

    private Trained<I> fit(Dataset<I> train, Alike<I> alike, Head head, Fitting<I> fitting, List<String> warnings) {
        PackedBase.checkTraining(draft);
        final LoadedModel<I> model = ModelReading.whole(
                draft.head(head),
                now -> LoadedModel.open(now, Optional.empty(), train.inputType()),
                LoadedModel::close);
        try {
            fitting.warnOfModules(model, false, warnings);
            final List<Encoded> rows =
                    RowEncoder.encode(alike.examples, model.assembly().encoder());
            final TrainingSettings settings = draft.settings();
            final Map<String, Object> more = Map.of("contrast", contrast);
            fitting.begins(model, more, train);
            final TrainingHistory history;
            try {
                history = trainer(model, head, fitting.keeping(warnings), more)
                        .train(
                                new ContrastRows(
                                        rows,
                                        alike.classes,
                                        model.assembly().encoder(),
                                        settings.batchSize().rows(),
                                        settings.seed()),
                                Optional.empty());
            } catch (RuntimeException e) {
                fitting.failed(model, more, e, train);
                throw e;
            }
            return fitting.unevaluated(model, more, train, warnings, history);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    private Trainer trainer(LoadedModel<I> model, Head head, TrainingListener listener, Map<String, Object> more) {
        return new Trainer(
                        model.assembly().network(),
                        new ContrastTask(head, contrast),
                        draft.settings(),
                        model.device(),
                        listener,
                        draft.cancellation())
                .with(Fitting.checkpointing(draft.head(head), more, model));
    }

    private void checkSettings() {
        IdleSettings.ofClasses(draft)
                .andEvaluations(draft)
                .andTwoPasses(draft)
                .and(
                        "batchSize(BatchSize.auto(...))",
                        draft.training().batchSize().inParts())
                .names()
                .ifPresent(names -> {
                    throw new FinetuneException(
                            "fitContrastive(...) compares the pairs of a whole batch and knows no classes to"
                                    + " predict and no evaluation; " + names
                                    + " would do nothing there. Leave out what is named.");
                });
    }

    /**
     * Examples without labels, and a number for each; those of the same number are alike.
     *
     * @param examples in order
     * @param classes one an example
     */
    private record Alike<J>(Dataset<J> examples, int[] classes) {
        static <J> Alike<J> of(Dataset<J> data) {
            final List<Example<J>> examples = new ArrayList<>();
            final List<Integer> classes = new ArrayList<>();
            final Map<String, Integer> numbers = new HashMap<>();
            for (Example<J> example : data.asList()) {
                if (example.label() instanceof Label.Category category) {
                    classes.add(numbers.computeIfAbsent(category.name(), any -> numbers.size()));
                    examples.add(new Example<>(example.input(), Label.none()));
                } else if (example.label() instanceof Label.None && example.input() instanceof Text text) {
                    for (String side : sides(text, data)) {
                        classes.add(-1 - examples.size() / 2);
                        examples.add(new Example<>(data.inputType().cast(Text.of(side)), Label.none()));
                    }
                } else {
                    throw new FinetuneException("fitContrastive(...) learns from examples with one class each, or from"
                            + " pairs of texts without labels, but an example of " + data.describe()
                            + " has the label " + example.label() + ".");
                }
            }
            return new Alike<>(
                    Dataset.of(data.inputType(), examples),
                    classes.stream().mapToInt(Integer::intValue).toArray());
        }

        private static List<String> sides(Text text, Dataset<?> data) {
            final String pair = text.pair();
            if (pair == null) {
                throw new FinetuneException(
                        "fitContrastive(...) learns from examples with one class each, or from pairs"
                                + " of texts without labels, but an example of " + data.describe()
                                + " is one text without a label: read the label's column (classification() of the files'"
                                + " reader), or the second text's (pair(\"column\")).");
            }
            return List.of(text.text(), pair);
        }
    }
}
