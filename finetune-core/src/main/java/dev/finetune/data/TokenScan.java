package dev.finetune.data;

import dev.finetune.data.DataReport.Issue;
import dev.finetune.data.DataReport.Place;
import dev.finetune.data.Finding.Code;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a model that reads tokens takes of data, row by row.
 *
 * @param <I> the kind of input
 */
final class TokenScan<I> {
    /** What is told of an example of several rows: the one that nothing is left of, else the one of which most is cut off. */
    private static final Comparator<TokenCount> WORST = Comparator.comparing(TokenCount::answerLost)
            .thenComparing(count -> count.labelled() == 0)
            .thenComparing(count -> count.tokens() - count.kept());

    private final TokenReader<I> reader;
    private final Cases truncated = new Cases(Cases.MOST);
    private final Cases lost = new Cases(Cases.MOST);
    private final Map<String, TokenTotals.Counter> counters = new HashMap<>();

    TokenScan(TokenReader<I> reader) {
        this.reader = reader;
    }

    void add(Place place, Example<I> example) {
        final List<TokenCount> counts = reader.counts(example);
        counts.forEach(counters.computeIfAbsent(place.part(), part -> new TokenTotals.Counter())::add);
        final TokenCount count = counts.stream().max(WORST).orElseThrow();
        final String lengths = count.tokens() + " tokens, of which " + count.kept() + " are read";
        if (count.answerLost()) {
            lost.add(place, InputText.quoted(example.input()), lengths);
        } else if (count.kept() < count.tokens()) {
            truncated.add(place, InputText.quoted(example.input()), lengths);
        }
    }

    void addTo(List<Issue> issues) {
        lost.addTo(
                issues,
                Code.CUT_ANSWERS,
                "Examples without a token to learn within what the model reads",
                "They are left out of training: raise maxLength, where the model has one, shorten what stands before the"
                        + " answer, or give them an answer.");
        truncated.addTo(
                issues,
                Code.TRUNCATED,
                "Examples longer than the model reads",
                "What comes after is cut off, and with it the end of the text: raise maxLength, where the model has one, or"
                        + " part the texts.");
    }

    Optional<TokenTotals> totals(String part, Dataset<I> data) {
        final TokenTotals.Counter counter = counters.get(part);
        return counter == null
                ? Optional.empty()
                : counter.totals(data.size().isPresent() ? Optional.of(reader.rows(data)) : Optional.empty());
    }
}
