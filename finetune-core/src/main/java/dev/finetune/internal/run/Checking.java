package dev.finetune.internal.run;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.DataCheck;
import dev.finetune.data.DataReport;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.TokenCount;
import dev.finetune.data.TokenReader;
import dev.finetune.head.Heads;
import dev.finetune.preference.PreferenceEncoder;
import dev.finetune.preference.PreferencePair;
import dev.finetune.train.RowEncoder;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Checks data as a tuner's model would read it.
 *
 * @param <I> the kind of input
 */
public final class Checking<I> {
    private final Draft draft;

    /**
     * A check that nothing was read for yet.
     *
     * @param draft says which model
     */
    public Checking(Draft draft) {
        this.draft = draft;
    }

    /** What was found. */
    public DataReport check(Dataset<I> train, Optional<Dataset<I>> validation) {
        final DataCheck<I> check =
                validation.map(data -> DataCheck.of(train, data)).orElseGet(() -> DataCheck.of(train));
        if (PreferenceEvaluation.isOf(train)) {
            return ofPairs(train, check);
        }
        try (LoadedModel<I> model = LoadedModel.openToTrain(draft, train)) {
            final InputEncoder<I> encoder = model.assembly().encoder();
            return countsTokens(train, encoder)
                    ? check.tokenizedBy(new ByEncoder<>(encoder)).report()
                    : check.report();
        }
    }

    private DataReport ofPairs(Dataset<I> train, DataCheck<I> check) {
        final Draft learning = draft.head(draft.head().orElseGet(Heads::causalLm));
        try (LoadedModel<I> model = ModelReading.whole(
                learning, now -> LoadedModel.open(now, Optional.empty(), train.inputType()), LoadedModel::close)) {
            return check.tokenizedBy(new OfPairs<>(
                            PreferenceEvaluation.encoder(model),
                            model.assembly().encoder().mostTokens()))
                    .report();
        }
    }

    /** Counts both rows of each pair. */
    private record OfPairs<I>(PreferenceEncoder<I> encoder, int mostTokens) implements TokenReader<I> {
        @Override
        public TokenCount count(Example<I> example) {
            final List<TokenCount> both = encoder.countPair(example);
            return both.get(0).tokens() >= both.get(1).tokens() ? both.get(0) : both.get(1);
        }

        @Override
        public List<TokenCount> counts(Example<I> example) {
            return encoder.countPair(example);
        }

        @Override
        public Rows rows(Dataset<I> data) {
            final List<PreferencePair> pairs = RowEncoder.encode(data, encoder::encodePairs);
            return new Rows(
                    2L * pairs.size(),
                    pairs.stream()
                            .mapToLong(pair ->
                                    pair.chosen().length() + pair.rejected().length())
                            .sum(),
                    mostTokens,
                    false);
        }
    }

    private static <I> boolean countsTokens(Dataset<I> data, InputEncoder<I> encoder) {
        final Iterator<Example<I>> examples = data.iterator();
        return examples.hasNext() && encoder.count(examples.next()).isPresent();
    }

    /** Counts as the model's encoder does. */
    private record ByEncoder<I>(InputEncoder<I> encoder) implements TokenReader<I> {
        @Override
        public TokenCount count(Example<I> example) {
            return encoder.count(example).orElseThrow();
        }

        @Override
        public Rows rows(Dataset<I> data) {
            final List<Encoded> rows = RowEncoder.encode(data, encoder);
            return new Rows(rows.size(), tokens(data, rows), encoder.mostTokens(), encoder.packs());
        }

        /** Of a row that is written for another one, both. */
        private long tokens(Dataset<I> data, List<Encoded> rows) {
            return encoder.packs()
                    ? rows.stream().mapToLong(Encoded::length).sum()
                    : data.stream()
                            .map(this::count)
                            .filter(count -> !count.answerLost())
                            .mapToLong(TokenCount::kept)
                            .sum();
        }
    }
}
