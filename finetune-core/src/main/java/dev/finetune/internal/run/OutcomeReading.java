package dev.finetune.internal.run;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.head.Prediction;
import dev.finetune.internal.Folders;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.SquadMetrics;
import dev.finetune.record.Outcome;
import dev.finetune.record.Outcomes;
import dev.finetune.record.ShownInput;
import dev.finetune.spi.TextWriter;
import dev.finetune.train.TrainingSettings;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Predicts validation data once more, and puts what the model says beside the truth. */
final class OutcomeReading<I> {
    private static final int MOST_ROWS = 5_000;
    private static final int MOST_NUMBERS = 500_000;
    private static final int MOST_PICTURES = 24;
    private static final int PICTURE_SIDE = 96;
    private static final int AT_ONCE = 256;

    private final LoadedModel<I> model;
    private final TrainingSettings settings;

    OutcomeReading(LoadedModel<I> model, TrainingSettings settings) {
        this.model = model;
        this.settings = settings;
    }

    Outcomes of(Dataset<I> data) {
        if (Thread.currentThread().isInterrupted()) {
            return Outcomes.none("Training was interrupted, so that the validation data wasn't predicted once more.");
        }
        if (model.assembly().encoder() instanceof TextWriter<?>) {
            return Outcomes.none(
                    "What a model writes isn't right or wrong row by row; samples(n) of the tuner shows it.");
        }
        final Predictor<I> predictor = new Predictor<>(model, settings);
        final int most = mostRows();
        final List<Outcome> outcomes = new ArrayList<>();
        final Iterator<Example<I>> examples = data.iterator();
        long numbers = 0;
        while (examples.hasNext() && outcomes.size() < most && numbers < MOST_NUMBERS) {
            final List<Example<I>> some = new ArrayList<>();
            while (examples.hasNext() && some.size() < AT_ONCE && outcomes.size() + some.size() < most) {
                some.add(examples.next());
            }
            if (some.get(0).label() instanceof Label.None) {
                return Outcomes.none("The validation data has no labels to compare with.");
            }
            if (!model.assembly().task().head().learnsFrom(some.get(0).label())) {
                return Outcomes.none("The labels of the validation data aren't what the model predicts of an input.");
            }
            final List<Prediction> said =
                    predictor.predict(some.stream().map(Example::input).toList());
            for (int i = 0; i < some.size(); i++) {
                final Outcome outcome = outcome(outcomes.size() + 1, some.get(i), said.get(i));
                numbers += outcome instanceof Outcome.OfTags tags
                        ? 4L * tags.words().size()
                        : 0;
                outcomes.add(outcome);
            }
        }
        final long rows = data.size().orElse(examples.hasNext() ? -1 : outcomes.size());
        return new Outcomes(rows, rule(rows, outcomes.size()), pictured(outcomes, data));
    }

    /** So that the scores of all kept rows stay within bounds. */
    private int mostRows() {
        final int scores = Math.max(1, model.assembly().task().labels().size());
        return Math.max(1, Math.min(MOST_ROWS, MOST_NUMBERS / scores));
    }

    private static String rule(long rows, int kept) {
        return rows == kept
                ? "All " + kept + " validation rows."
                : "The first " + kept + " of " + (rows < 0 ? "the" : rows) + " validation rows.";
    }

    private Outcome outcome(int row, Example<I> example, Prediction said) {
        final ShownInput input = shown(example.input());
        final Label truth = example.label();
        if (truth instanceof Label.Category category && said instanceof Prediction.Category one) {
            return new Outcome.OfClass(
                    row,
                    input,
                    category.name(),
                    one.label(),
                    rounded(one.probabilities().values()));
        }
        if (truth instanceof Label.Categories several && said instanceof Prediction.Categories some) {
            return new Outcome.OfLabels(
                    row,
                    input,
                    several.names().stream().sorted().toList(),
                    some.labels(),
                    rounded(some.probabilities().values()));
        }
        if (truth instanceof Label.Values values && said instanceof Prediction.Numbers numbers) {
            return new Outcome.OfNumbers(row, input, values.values(), numbers.values());
        }
        if (truth instanceof Label.Tags tags
                && said instanceof Prediction.Tags predicted
                && example.input() instanceof Words words) {
            return new Outcome.OfTags(
                    row,
                    input,
                    words.words().stream().map(ShownInput::shown).toList(),
                    tags.tags(),
                    predicted.tags(),
                    rounded(predicted.tagProbabilities()));
        }
        if (truth instanceof Label.Answers answers
                && said instanceof Prediction.Span span
                && example.input() instanceof Question question) {
            return answer(row, question, answers.answers(), span);
        }
        return new Outcome.Other(row, input, ShownInput.shown(truth.toString()), ShownInput.shown(said.toString()));
    }

    private static Outcome answer(int row, Question question, List<Label.Answer> accepted, Prediction.Span said) {
        final List<String> texts =
                accepted.stream().map(Label.Answer::text).distinct().toList();
        final SquadMetrics one = new SquadMetrics();
        one.add(said.label(), texts);
        final Metrics score = one.result();
        final int at = said.candidates().isEmpty()
                ? accepted.stream().mapToInt(Label.Answer::start).findFirst().orElse(0)
                : said.candidates().get(0).answer().start();
        return new Outcome.OfAnswer(
                row,
                new ShownInput(
                        ShownInput.shown(question.question()),
                        Optional.of(around(question.context(), at)),
                        Optional.empty()),
                texts.stream().map(ShownInput::shown).toList(),
                ShownInput.shown(said.label()),
                rounded(said.probability()),
                score.get("f1") / 100,
                score.get("exact_match") > 0);
    }

    /** The part of a passage that begins somewhat before a place. */
    private static String around(String passage, int at) {
        final int before = Math.max(0, at - ShownInput.MOST_CHARACTERS / 3);
        final int word = before == 0 ? 0 : passage.indexOf(' ', before) + 1;
        final int from = word > at ? before : word;
        return (from == 0 ? "" : "... ") + ShownInput.shown(passage.substring(from));
    }

    private static ShownInput shown(Object input) {
        if (input instanceof Text text) {
            return new ShownInput(
                    ShownInput.shown(text.text()),
                    Optional.ofNullable(text.pair()).map(ShownInput::shown),
                    Optional.empty());
        }
        final String words =
                input instanceof Words sentence ? String.join(" ", sentence.words()) : Folders.hidden(input.toString());
        return new ShownInput(ShownInput.shown(words), Optional.empty(), Optional.empty());
    }

    private static List<Double> rounded(Collection<Double> probabilities) {
        return probabilities.stream().map(OutcomeReading::rounded).toList();
    }

    private static double rounded(double probability) {
        return Math.round(probability * 1e5) / 1e5;
    }

    /** The same with small pictures of the mistakes that the model is surest of, where inputs are pictures. */
    private List<Outcome> pictured(List<Outcome> outcomes, Dataset<I> data) {
        final Set<Integer> shown = outcomes.stream()
                .filter(outcome -> !outcome.isRight())
                .sorted(Comparator.comparingDouble(Outcome::confidence).reversed())
                .limit(MOST_PICTURES)
                .map(Outcome::row)
                .collect(Collectors.toCollection(HashSet::new));
        final List<Outcome> pictured = new ArrayList<>(outcomes);
        int row = 0;
        for (Iterator<Example<I>> examples = data.iterator(); examples.hasNext() && !shown.isEmpty(); row++) {
            final Example<I> example = examples.next();
            if (shown.remove(row + 1)) {
                final Optional<byte[]> picture = model.assembly().encoder().thumbnail(example.input(), PICTURE_SIDE);
                if (picture.isEmpty()) {
                    return outcomes;
                }
                final Outcome outcome = outcomes.get(row);
                pictured.set(
                        row,
                        outcome.of(new ShownInput(
                                outcome.input().text(),
                                outcome.input().pair(),
                                picture.map(Base64.getEncoder()::encodeToString))));
            }
        }
        return pictured;
    }
}
