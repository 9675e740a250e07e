package dev.finetune.lm.input;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.Target;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.data.Example;
import dev.finetune.data.Text;
import dev.finetune.data.TokenCount;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generation;
import dev.finetune.internal.Visible;
import dev.finetune.internal.Warnings;
import dev.finetune.lm.Chat;
import dev.finetune.lm.generate.GenerationConfig;
import dev.finetune.lm.generate.ModelGeneration;
import dev.finetune.lm.generate.NetworkTokens;
import dev.finetune.lm.generate.NextTokens;
import dev.finetune.lm.generate.TextGenerator;
import dev.finetune.lm.generate.TogetherTokens;
import dev.finetune.lm.generate.TogetherWork;
import dev.finetune.lm.generate.TokenText;
import dev.finetune.nn.Network;
import dev.finetune.preference.PreferenceEncoder;
import dev.finetune.preference.PreferencePair;
import dev.finetune.spi.TextWriter;
import dev.finetune.train.Cancellation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Texts and conversations as rows of tokens of which the next one is predicted: of a text all tokens are, of one with a {@link
 * dev.finetune.data.Label.Completion} those of the completion, of a {@link Chat} those that the assistant says. Rows in which
 * nothing would be predicted, their answer cut away, are left out and told of. Owns its tokenizer.
 *
 * <p>Batches hold "input_ids", "attention_mask", "labels" and, where texts in a row are kept apart, "segments" and "position_ids",
 * all (batch, longest), padded on the right.
 */
public final class LmEncoder implements InputEncoder<Object>, TextWriter<Object>, PreferenceEncoder<Object> {
    private static final Logger LOG = LoggerFactory.getLogger(LmEncoder.class);
    private static final int SHOWN = 60;
    private static final int MOST_TOLD = 3;

    /** How many texts of several callers are written on in one pass at most. */
    private static final int ROWS_TOGETHER = 32;

    private final Tokenizer tokenizer;
    private final LmInputs settings;
    private final List<InputTokens<?>> kinds;
    private final Row row;
    private final ModelGeneration generation;
    private final LongAdder truncated = new LongAdder();
    private @Nullable Network writing;
    private TogetherTokens together = new TogetherTokens(ROWS_TOGETHER);
    private final LongAdder leftOut = new LongAdder();

    /**
     * How rows are bounded.
     *
     * @param maxLength the most tokens of a row
     * @param positions how many tokens the model was trained to read
     * @param most how many it can read at most
     * @param paddingId fills shorter rows of a batch
     * @param endId the end-of-text token's id
     */
    public record Row(int maxLength, int positions, int most, int paddingId, int endId) {}

    /**
     * Creates an encoder.
     *
     * @param tokenizer the model's tokenizer; closed with the encoder
     * @param directory of the model, with its chat template if it has one
     * @param settings how texts are laid into rows
     * @param row how rows are bounded
     * @param generation what the model says of how it writes
     * @throws FinetuneException if a row has no room for a text
     */
    public LmEncoder(Tokenizer tokenizer, Path directory, LmInputs settings, Row row, ModelGeneration generation) {
        this.tokenizer = tokenizer;
        this.settings = settings;
        this.row = row;
        this.generation = generation;
        this.kinds = List.of(
                new PlainTexts(tokenizer, settings.packs(), row.endId),
                new Conversations(tokenizer, directory, settings.variables()));
        if (row.maxLength <= tokenizer.overhead(false)) {
            throw new FinetuneException("maxLength(" + row.maxLength + "): a row needs room for a text beside the "
                    + tokenizer.overhead(false) + " special tokens of the tokenizer.");
        }
    }

    @Override
    public Class<Object> inputType() {
        return Object.class;
    }

    @Override
    public boolean reads(Class<?> kind) {
        return kinds.stream().anyMatch(each -> each.inputType() == kind);
    }

    @Override
    public String kinds() {
        return kinds.stream().map(each -> each.inputType().getSimpleName()).collect(Collectors.joining(" or "));
    }

    @SuppressWarnings("unchecked") // Of the kind that was compared.
    private <T> InputTokens<T> of(T input) {
        return (InputTokens<T>) kinds.stream()
                .filter(each -> each.inputType().isInstance(input))
                .findFirst()
                .orElseThrow(() -> new FinetuneException("This model reads " + kinds() + ", but was given a "
                        + input.getClass().getSimpleName() + "."));
    }

    @Override
    public List<Encoded> encode(List<Example<Object>> examples) {
        final Packing packing = new Packing(row.maxLength, settings.apart());
        final List<Encoded> rows = new ArrayList<>();
        for (Example<Object> example : examples) {
            final InputTokens<Object> kind = of(example.input());
            final TokenRow whole = kind.learned(example);
            if (settings.packs()) {
                packing.add(whole.ids(), whole.labels());
                continue;
            }
            if (whole.length() == 0) {
                continue; // A text without a token.
            }
            final TokenRow cut = cut(whole);
            final Optional<String> useless = cut.predicts() ? Optional.empty() : kind.useless(example);
            useless.ifPresentOrElse(why -> leftOut(example, why), () -> rows.add(cut));
        }
        rows.addAll(packing.rows());
        return rows;
    }

    @Override
    public List<PreferencePair> encodePairs(List<Example<Object>> examples) {
        if (settings.packs() || settings.apart()) {
            throw new FinetuneException("inputs(" + settings
                    + "): an answer that is compared with another one is a row of its" + " own; leave that out.");
        }
        final List<PreferencePair> pairs = new ArrayList<>();
        for (Example<Object> example : examples) {
            final List<TokenRow> both = of(example.input()).answered(example).stream()
                    .map(this::cut)
                    .toList();
            if (!both.stream().allMatch(TokenRow::predicts)) {
                leftOut(example, "one of its answers lies beyond the maximum length altogether");
            } else if (Arrays.equals(both.get(0).ids(), both.get(1).ids())) {
                leftOut(example, "both of its answers are the same within the maximum length");
            } else {
                pairs.add(PreferencePair.of(both.get(0), both.get(1)));
            }
        }
        return pairs;
    }

    @Override
    public List<TokenCount> countPair(Example<Object> example) {
        final List<TokenRow> whole = of(example.input()).answered(example);
        final List<TokenRow> read =
                whole.stream().map(each -> each.upTo(row.maxLength)).toList();
        final boolean lost = !read.stream().allMatch(TokenRow::predicts)
                || Arrays.equals(read.get(0).ids(), read.get(1).ids());
        return IntStream.range(0, 2)
                .mapToObj(side -> new TokenCount(
                        whole.get(side).length(),
                        read.get(side).length(),
                        read.get(side).predicted(),
                        lost))
                .toList();
    }

    private void leftOut(Example<Object> example, String why) {
        leftOut.increment();
        if (leftOut.sum() <= MOST_TOLD) {
            final String text = example.input() instanceof Text one
                    ? one.text()
                    : example.input().toString();
            Warnings.say(
                    LOG,
                    "An example is left out, since " + why + " (maxLength is " + row.maxLength + " tokens): "
                            + Visible.of(text.length() > SHOWN ? text.substring(0, SHOWN) + " ..." : text));
        }
    }

    @Override
    public Optional<TokenCount> count(Example<Object> example) {
        final InputTokens<Object> kind = of(example.input());
        final TokenRow whole = kind.learned(example);
        if (settings.packs()) {
            return Optional.of(new TokenCount(whole.length(), whole.length(), whole.predicted(), !whole.predicts()));
        }
        final TokenRow cut = whole.upTo(row.maxLength);
        final boolean lost = !cut.predicts() && kind.useless(example).isPresent();
        return Optional.of(new TokenCount(whole.length(), cut.length(), cut.predicted(), lost));
    }

    @Override
    public int mostTokens() {
        return row.maxLength;
    }

    @Override
    public boolean packs() {
        return settings.packs();
    }

    @Override
    public long leftOut() {
        return leftOut.sum();
    }

    private TokenRow cut(TokenRow whole) {
        if (whole.length() <= row.maxLength) {
            return whole;
        }
        truncated.increment();
        return whole.upTo(row.maxLength);
    }

    @Override
    public HostBatch collate(List<Encoded> rows, CollateContext context) {
        final int longest = rows.stream().mapToInt(Encoded::length).max().orElse(0);
        final Columns columns = new Columns(rows.size(), longest);
        for (int i = 0; i < rows.size(); i++) {
            columns.put(i, (TokenRow) rows.get(i));
        }
        return new HostBatch(columns.named(context.purpose() != CollateContext.Purpose.PREDICTION), List.copyOf(rows));
    }

    /** The columns of a batch under construction. */
    private final class Columns {
        private final int rows;
        private final int longest;
        private final long[] ids;
        private final long[] mask;
        private final long[] labels;
        private final long[] segments;
        private final long[] positions;

        Columns(int rows, int longest) {
            this.rows = rows;
            this.longest = longest;
            this.ids = new long[rows * longest];
            this.mask = new long[rows * longest];
            this.labels = new long[rows * longest];
            this.segments = new long[settings.apart() ? rows * longest : 0];
            this.positions = new long[segments.length];
            Arrays.fill(ids, row.paddingId);
            Arrays.fill(labels, Target.IGNORED);
            Arrays.fill(segments, -1);
        }

        void put(int at, TokenRow tokens) {
            for (int i = 0; i < tokens.length(); i++) {
                final int place = at * longest + i;
                ids[place] = tokens.ids()[i];
                labels[place] = tokens.labels()[i];
                mask[place] = 1;
                if (settings.apart()) {
                    segments[place] = tokens.segment(i);
                    positions[place] = i > 0 && segments[place] == segments[place - 1] ? positions[place - 1] + 1 : 0;
                }
            }
        }

        Map<String, HostTensor> named(boolean labelled) {
            final Map<String, HostTensor> named = new LinkedHashMap<>();
            named.put("input_ids", new HostTensor.Longs(ids, rows, longest));
            named.put("attention_mask", new HostTensor.Longs(mask, rows, longest));
            if (settings.apart()) {
                named.put("segments", new HostTensor.Longs(segments, rows, longest));
                named.put("position_ids", new HostTensor.Longs(positions, rows, longest));
            }
            if (labelled) {
                named.put("labels", new HostTensor.Longs(labels, rows, longest));
            }
            return Collections.unmodifiableMap(named);
        }
    }

    @Override
    public Optional<Question<Object>> question(Example<Object> example, Generation settings) {
        final GenerationConfig config = generation.understood();
        final Generation all = new TextGenerator(config, new TokenText(tokenizer)).all(settings);
        return of(example.input()).question(example).filter(asked -> {
            final int[] prompt = tokens(asked.input(), config);
            return prompt.length > 0 && hasRoom(prompt.length, all.newTokensAfter(prompt.length));
        });
    }

    private boolean hasRoom(int prompt, int fresh) {
        return prompt + (long) fresh - 1 <= row.most;
    }

    @Override
    public TextWriter.Work write(
            Network network, List<Object> inputs, Generation settings, int atOnce, Cancellation cancellation) {
        final GenerationConfig config = generation.understood();
        final TextGenerator generator = new TextGenerator(config, new TokenText(tokenizer));
        final List<int[]> prompts =
                inputs.stream().map(input -> tokens(input, config)).toList();
        final Generation fitting = fitting(settings, generator, prompts);
        final Generation all = generator.all(fitting);
        prompts.forEach(prompt -> checkRoom(prompt, all));
        return prompts.size() == 1 && all.beams() == 1 && all.sequences() == 1
                ? new TogetherWork(
                        generator.write(expected -> member(network, expected), prompts, fitting, 1, cancellation))
                : generator.write(expected -> tokens(network, expected), prompts, fitting, atOnce, cancellation);
    }

    /**
     * Where nobody says how many new tokens there may be, as many as the model's positions leave beside the longest prompt, if those are
     * fewer than usual; as in Transformers.
     */
    private Generation fitting(Generation settings, TextGenerator generator, List<int[]> prompts) {
        final Generation all = generator.all(settings);
        final int longest =
                prompts.stream().mapToInt(prompt -> prompt.length).max().orElse(0);
        final int left = row.positions - longest;
        if (all.saysLength() || left >= all.newTokensAfter(longest)) {
            return settings;
        }
        if (left < 1) {
            throw new FinetuneException("A prompt has " + longest + " tokens, and the model was trained to read "
                    + row.positions
                    + ": nothing is left for new ones where nobody says how many. Shorten the prompt, or say"
                    + " maxNewTokens.");
        }
        return settings.orElse(Generation.asTheModel().maxNewTokens(left));
    }

    @Override
    public TextWriter.Work write(
            Network network, Object input, Generation settings, Consumer<String> pieces, Cancellation cancellation) {
        final GenerationConfig config = generation.understood();
        final TextGenerator generator = new TextGenerator(config, new TokenText(tokenizer));
        final int[] prompt = tokens(input, config);
        final Generation fitting = fitting(settings, generator, List.of(prompt));
        checkRoom(prompt, generator.all(fitting));
        return new TogetherWork(
                generator.write(expected -> member(network, expected), prompt, fitting, pieces, cancellation));
    }

    /** A text among those that other callers have the same network write. */
    private synchronized NextTokens member(Network network, int expected) {
        if (writing != network) {
            writing = network;
            together = new TogetherTokens(ROWS_TOGETHER);
        }
        return together.member(tokens(network, expected));
    }

    private NetworkTokens tokens(Network network, int expected) {
        return new NetworkTokens(network, row.paddingId, expected);
    }

    private void checkRoom(int[] prompt, Generation all) {
        final int fresh = all.newTokensAfter(prompt.length);
        if (!hasRoom(prompt.length, fresh)) {
            throw new FinetuneException("A prompt of " + prompt.length + " tokens and " + fresh
                    + " new ones are more than the " + row.most
                    + " that the model reads. Ask for fewer new ones (maxNewTokens), or shorten the prompt by "
                    + (prompt.length + (long) fresh - 1 - row.most)
                    + " tokens at least: of a conversation leave out its first turns, of a text its beginning; what is"
                    + " nearest to where the text goes on matters most.");
        }
    }

    /** The tokens of an input; of an empty text the token that texts begin with, if there is one. */
    private int[] tokens(Object input, GenerationConfig config) {
        final int[] ids = of(input).prompt(input);
        if (ids.length > 0) {
            return ids;
        }
        final int[] begin = config.special().begin().stream().toArray();
        if (begin.length > 0 && begin[0] > tokenizer.largestId()) {
            throw new FinetuneException("An empty prompt begins with the token " + begin[0] + ", as 'bos_token_id' of "
                    + GenerationConfig.FILE + " says, but the tokenizer knows the tokens 0 to "
                    + tokenizer.largestId() + ": mend the field, or give the prompt some words.");
        }
        return begin;
    }

    @Override
    public long truncated() {
        return truncated.sum();
    }

    @Override
    public void save(Path directory) throws IOException {
        tokenizer.save(directory);
        generation.save(directory);
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
