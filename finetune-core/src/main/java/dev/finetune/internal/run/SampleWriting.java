package dev.finetune.internal.run;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generated;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.SequenceMetrics;
import dev.finetune.spi.TextWriter;
import dev.finetune.train.WrittenSamples;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * What a model writes for the first rows of the validation data, before it is trained and after.
 *
 * @param <I> the kind of input
 */
final class SampleWriting<I> {
    private final SampleSettings settings;
    private final LoadedModel<I> model;
    private final Draft draft;
    private final List<Integer> numbers = new ArrayList<>();
    private final List<TextWriter.Question<I>> questions = new ArrayList<>();

    private SampleWriting(SampleSettings settings, Draft draft, LoadedModel<I> model, Dataset<I> validation) {
        this.settings = settings;
        this.draft = draft;
        this.model = model;
        final TextWriter<I> writer = writer(model, settings);
        int row = 0;
        for (Iterator<Example<I>> examples = validation.iterator();
                examples.hasNext() && questions.size() < settings.rows(); ) {
            final int number = ++row;
            writer.question(examples.next(), settings.generation()).ifPresent(question -> {
                numbers.add(number);
                questions.add(question);
            });
        }
        if (questions.isEmpty()) {
            throw new FinetuneException("samples(" + settings.rows() + "): none of the " + row + " validation rows ("
                    + validation.describe()
                    + ") has both a prompt and what is to follow it, within what the model reads:"
                    + " use other rows, ask for fewer new tokens (samples(n, Generation...)), or leave it out.");
        }
    }

    /**
     * What was asked for.
     *
     * @throws FinetuneException if there is no validation data, or none to write for, or if the model doesn't write
     */
    static <I> Optional<SampleWriting<I>> of(Draft draft, LoadedModel<I> model, Optional<Dataset<I>> validation) {
        return draft.samples()
                .map(settings -> new SampleWriting<>(
                        settings,
                        draft,
                        model,
                        validation.orElseThrow(() -> new FinetuneException("samples(" + settings.rows()
                                + ") writes for rows of validation data: call fit(train, validation), or fit(dataset),"
                                + " which holds a part back."))));
    }

    @SuppressWarnings("unchecked") // It reads the same inputs as the encoder that it is.
    private static <I> TextWriter<I> writer(LoadedModel<I> model, SampleSettings settings) {
        if (model.assembly().encoder() instanceof TextWriter<?> writer) {
            return (TextWriter<I>) writer;
        }
        throw new FinetuneException("samples(" + settings.rows() + "): this model writes no text, its head is one for "
                + model.assembly().task().head().kind() + ". Language models write, with Heads.causalLm() or"
                + " Heads.seq2SeqLm(); leave it out.");
    }

    /** What the model writes now, not yet trained. */
    WrittenSamples before() {
        final List<String> texts = texts();
        return new WrittenSamples(
                settings.generation().toString(),
                IntStream.range(0, texts.size())
                        .mapToObj(i -> new WrittenSamples.Row(
                                numbers.get(i),
                                questions.get(i).shown(),
                                questions.get(i).reference(),
                                texts.get(i),
                                Optional.empty()))
                        .toList(),
                compared(texts),
                Optional.empty());
    }

    /**
     * The same with what the model writes now that it was trained. A model that can't write, its logits no numbers, say, isn't lost:
     * that is warned of.
     */
    WrittenSamples after(WrittenSamples before, Consumer<String> warn) {
        if (Thread.currentThread().isInterrupted() || draft.cancellation().isRequested()) {
            return before;
        }
        try {
            final List<String> texts = texts();
            final List<WrittenSamples.Row> rows = IntStream.range(0, texts.size())
                    .mapToObj(i -> {
                        final WrittenSamples.Row row = before.rows().get(i);
                        return new WrittenSamples.Row(
                                row.row(), row.prompt(), row.reference(), row.before(), Optional.of(texts.get(i)));
                    })
                    .toList();
            return new WrittenSamples(before.settings(), rows, before.before(), Optional.of(compared(texts)));
        } catch (RuntimeException e) {
            warn.accept("The samples of what the model writes now that it is trained couldn't be written: "
                    + e.getMessage() + " The model is there all the same.");
            return before;
        }
    }

    private List<String> texts() {
        final List<I> inputs =
                questions.stream().map(TextWriter.Question::input).toList();
        final int atOnce = draft.settings().evaluation().batchSize();
        return new Predictor<>(model, draft.settings())
                        .generate(
                                inputs,
                                writer -> writer.write(
                                        model.assembly().network(),
                                        inputs,
                                        settings.generation(),
                                        atOnce,
                                        draft.cancellation()))
                        .stream()
                        .map(Generated::text)
                        .toList();
    }

    private Metrics compared(List<String> texts) {
        final SequenceMetrics metrics = new SequenceMetrics();
        for (int i = 0; i < texts.size(); i++) {
            metrics.add(
                    texts.get(i).strip(), List.of(questions.get(i).reference().strip()));
        }
        return metrics.result();
    }
}
