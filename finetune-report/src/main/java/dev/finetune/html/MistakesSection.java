package dev.finetune.html;

import dev.finetune.html.page.Block;
import dev.finetune.html.page.Section;
import dev.finetune.record.FitRecord;
import dev.finetune.record.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** What the model gets wrong, the mistakes that it is surest of first. */
final class MistakesSection {
    private static final int SHOWN = 24;
    private static final int MOST_WORDS = 80;
    private static final int WORDS_BEFORE = 12;

    private MistakesSection() {}

    static Optional<Section> of(FitRecord fit) {
        final List<Outcome> kept = fit.outcomes().kept();
        final List<Block> blocks = new ArrayList<>();
        if (kept.isEmpty()) {
            blocks.add(new Block.Prose(fit.outcomes().rule()));
            return Optional.of(new Section("mistakes", "Mistakes", blocks));
        }
        blocks.add(new Block.Prose(counted(fit)));
        final boolean ofNumbers = kept.get(0) instanceof Outcome.OfNumbers;
        final List<Outcome> mistakes = kept.stream()
                .filter(outcome -> !outcome.isRight())
                .sorted(order(ofNumbers))
                .toList();
        final long wrong = mistakes.size();
        if (wrong == 0) {
            blocks.add(new Block.Prose(fit.outcomes().rule() + " None of them is wrong."));
        } else if (ofNumbers) {
            blocks.add(new Block.Prose(
                    fit.outcomes().rule() + " Those whose number is farthest from the truth are shown."));
        } else {
            blocks.add(new Block.Prose(fit.outcomes().rule() + " " + Told.count(wrong) + " of them "
                    + (wrong == 1 ? "is" : "are") + " wrong, " + Told.share(wrong, kept.size())
                    + " with Wilson's 95 % interval."
                    + (wrong > SHOWN ? " The " + SHOWN + " that the model is surest of are shown." : "")
                    + " A mistake of which a model is sure is often a label that is wrong."));
        }
        blocks.add(new Block.Examples(
                mistakes.stream().limit(SHOWN).map(MistakesSection::example).toList()));
        if (kept.get(0) instanceof Outcome.OfAnswer && wrong < kept.size()) {
            blocks.add(new Block.Prose("Answers that are right, the first of them:"));
            blocks.add(new Block.Examples(kept.stream()
                    .filter(Outcome::isRight)
                    .limit(6)
                    .map(MistakesSection::example)
                    .toList()));
        }
        return Optional.of(new Section("mistakes", "Mistakes", blocks));
    }

    /** Where the numbers of rows count from. */
    private static String counted(FitRecord fit) {
        return "Rows are numbered from 1 in the validation data"
                + fit.data().stream()
                        .filter(part -> part.name().equals("validation"))
                        .findFirst()
                        .map(part -> " (" + part.description() + ")")
                        .orElse("")
                + "; where it is a part that was held back, these aren't the rows of its file.";
    }

    private static Comparator<Outcome> order(boolean ofNumbers) {
        return ofNumbers
                ? Comparator.comparingDouble(
                                (Outcome outcome) -> outcome instanceof Outcome.OfNumbers row ? row.distance() : 0)
                        .reversed()
                : Comparator.comparingDouble(Outcome::confidence).reversed();
    }

    private static Block.Example example(Outcome outcome) {
        final List<Block.Fact> said = new ArrayList<>();
        List<Block.Word> words = List.of();
        if (outcome instanceof Outcome.OfClass one) {
            said.add(new Block.Fact("truth", one.truth(), ""));
            said.add(new Block.Fact("predicted", one.predicted(), Told.percent(one.confidence())));
        } else if (outcome instanceof Outcome.OfLabels some) {
            said.add(new Block.Fact("truth", listed(some.truth()), ""));
            said.add(new Block.Fact("predicted", listed(some.predicted()), ""));
        } else if (outcome instanceof Outcome.OfNumbers numbers) {
            said.add(new Block.Fact("truth", numbers(numbers.truth()), ""));
            said.add(new Block.Fact("predicted", numbers(numbers.predicted()), ""));
        } else if (outcome instanceof Outcome.OfTags tags) {
            words = words(tags);
            said.add(new Block.Fact("surest", Told.percent(tags.confidence()), "of a tag that is wrong"));
        } else if (outcome instanceof Outcome.OfAnswer answer) {
            said.add(new Block.Fact("truth", listed(answer.accepted()), ""));
            said.add(new Block.Fact(
                    "predicted",
                    answer.predicted().isEmpty() ? "no answer" : answer.predicted(),
                    Told.percent(answer.probability()) + ", F1 " + Told.percent(answer.f1())));
        } else if (outcome instanceof Outcome.Other other) {
            said.add(new Block.Fact("truth", other.truth(), ""));
            said.add(new Block.Fact("predicted", other.predicted(), ""));
        }
        return new Block.Example(
                outcome.row(),
                outcome.input().text(),
                outcome.input().pair(),
                outcome.input().picture(),
                words,
                said);
    }

    private static String listed(List<String> names) {
        return names.isEmpty() ? "none" : String.join(", ", names);
    }

    private static String numbers(List<Double> values) {
        return String.join(", ", values.stream().map(Told::number).toList());
    }

    /** Each word that has a tag, or ought to, marked; of a long sentence the part around the first mistake. */
    private static List<Block.Word> words(Outcome.OfTags tags) {
        final int first = IntStream.range(0, tags.truth().size())
                .filter(i -> !tags.truth().get(i).equals(tags.predicted().get(i)))
                .findFirst()
                .orElse(0);
        final int from = tags.words().size() <= MOST_WORDS ? 0 : Math.max(0, first - WORDS_BEFORE);
        final int to = Math.min(tags.words().size(), from + MOST_WORDS);
        final List<Block.Word> words = new ArrayList<>();
        if (from > 0) {
            words.add(new Block.Word("...", "plain", ""));
        }
        for (int i = from; i < to; i++) {
            words.add(word(
                    tags.words().get(i), tags.truth().get(i), tags.predicted().get(i)));
        }
        if (to < tags.words().size()) {
            words.add(new Block.Word("...", "plain", ""));
        }
        return words;
    }

    private static Block.Word word(String text, String truth, String predicted) {
        if (truth.equals(predicted)) {
            return truth.equals("O") ? new Block.Word(text, "plain", "") : new Block.Word(text, "right", truth);
        }
        final String said = predicted.isEmpty() ? "not read" : predicted;
        return new Block.Word(text, "wrong", said + ", is " + truth);
    }
}
