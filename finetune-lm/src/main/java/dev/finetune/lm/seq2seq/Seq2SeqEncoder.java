package dev.finetune.lm.seq2seq;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.Target;
import dev.finetune.bert.text.EncodedText;
import dev.finetune.bert.text.TokenizedText;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.data.TokenCount;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generation;
import dev.finetune.internal.Visible;
import dev.finetune.internal.Warnings;
import dev.finetune.lm.generate.GenerationConfig;
import dev.finetune.lm.generate.InGroups;
import dev.finetune.lm.generate.ModelGeneration;
import dev.finetune.lm.generate.NextTokens;
import dev.finetune.lm.generate.SpecialIds;
import dev.finetune.lm.generate.TextGenerator;
import dev.finetune.lm.generate.TokenText;
import dev.finetune.nn.Network;
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
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Texts as rows, each with the text that is to be written for it, both with their special tokens. Columns, 64-bit: {@code input_ids}
 * and {@code attention_mask} (batch, longest source); {@code labels} (batch, longest target), padded with {@link Target#IGNORED};
 * {@code decoder_input_ids}, the labels one place later, behind the decoder's first token, padded with the padding token. Without
 * targets there are no labels, and the decoder reads its first token alone. Owns its tokenizer.
 */
final class Seq2SeqEncoder implements InputEncoder<Text>, TextWriter<Text> {
    private static final Logger LOG = LoggerFactory.getLogger(Seq2SeqEncoder.class);
    private static final byte[] NO_TYPES = {};

    /** Longer than any text is. */
    private static final int WHOLE = 1 << 24;

    private static final int SHOWN = 60;

    private final Tokenizer tokenizer;
    private final TokenSettings settings;
    private final int maxSource;
    private final int maxTarget;
    private final ModelGeneration generation;
    private final LongAdder truncated = new LongAdder();

    /**
     * Creates an encoder.
     *
     * @param tokenizer closed with the encoder
     * @param maxSource the most tokens that the encoder reads, special tokens included
     * @param maxTarget the most tokens that the decoder learns to write, special tokens included
     * @param generation what the model says of how it writes
     */
    Seq2SeqEncoder(
            Tokenizer tokenizer, TokenSettings settings, int maxSource, int maxTarget, ModelGeneration generation) {
        this.tokenizer = tokenizer;
        this.settings = settings;
        this.maxSource = maxSource;
        this.maxTarget = maxTarget;
        this.generation = generation;
        checkRoom("maxLength", maxSource);
        checkRoom("maxTarget", maxTarget);
    }

    private void checkRoom(String setting, int most) {
        if (most <= tokenizer.overhead(false)) {
            throw new FinetuneException(setting + ": " + most + " tokens leave no room for a text, whose special tokens"
                    + " alone are " + tokenizer.overhead(false) + ".");
        }
    }

    @Override
    public Class<Text> inputType() {
        return Text.class;
    }

    @Override
    public List<Encoded> encode(List<Example<Text>> examples) {
        final List<TokenizedText> sources =
                tokenizer.encode(examples.stream().map(Example::input).toList(), maxSource);
        final List<Text> written = examples.stream()
                .map(example -> Text.of(written(example.label())))
                .toList();
        final List<TokenizedText> targets = tokenizer.encode(written, maxTarget);
        return IntStream.range(0, examples.size())
                .<Encoded>mapToObj(i -> {
                    final boolean known = examples.get(i).label() instanceof Label.Completion;
                    final TokenizedText source = sources.get(i);
                    final TokenizedText target = targets.get(i);
                    if (source.truncated() || known && target.truncated()) {
                        truncated.increment();
                    }
                    return new EncodedText(
                            source.ids(),
                            NO_TYPES,
                            known ? new Target.Sequence(target.ids()) : new Target.None(),
                            new EncodedText.Trace.Whole());
                })
                .toList();
    }

    /** Both texts, each with its special tokens, of which the second one is learned. */
    @Override
    public Optional<TokenCount> count(Example<Text> example) {
        final int source = length(example.input());
        final boolean known = example.label() instanceof Label.Completion;
        final int target = known ? length(Text.of(written(example.label()))) : 0;
        final int learned = Math.min(target, maxTarget);
        return Optional.of(new TokenCount(source + target, Math.min(source, maxSource) + learned, learned, false));
    }

    private int length(Text text) {
        return tokenizer.encode(List.of(text), WHOLE).get(0).ids().length;
    }

    @Override
    public int mostTokens() {
        return maxSource + maxTarget;
    }

    private static String written(Label label) {
        if (label instanceof Label.Completion completion) {
            return completion.text();
        }
        if (label instanceof Label.None) {
            return "";
        }
        throw new FinetuneException(
                "A model that writes a text for a text learns from Label.completion(...), not from " + label + ".");
    }

    @Override
    public HostBatch collate(List<Encoded> rows, CollateContext context) {
        final List<int[]> sources = rows.stream().map(row -> text(row).ids()).toList();
        final Map<String, HostTensor> columns = new LinkedHashMap<>();
        columns.put("input_ids", padded(sources, settings.padding()));
        columns.put(
                "attention_mask",
                padded(
                        sources.stream()
                                .map(ids -> IntStream.of(ids).map(id -> 1).toArray())
                                .toList(),
                        0));
        final long unlabelled =
                rows.stream().filter(row -> row.target() instanceof Target.None).count();
        if (unlabelled > 0 && unlabelled < rows.size()) {
            throw new FinetuneException("Examples with and without a text to be written cannot share a batch: of "
                    + rows.size() + " here " + unlabelled + " have none.");
        }
        final HostTensor.Longs labels =
                padded(rows.stream().map(Seq2SeqEncoder::target).toList(), Target.IGNORED);
        if (unlabelled == 0) {
            columns.put("labels", labels);
        }
        columns.put("decoder_input_ids", shifted(labels));
        return new HostBatch(Collections.unmodifiableMap(columns), List.copyOf(rows));
    }

    private static EncodedText text(Encoded row) {
        if (row instanceof EncodedText text) {
            return text;
        }
        throw new FinetuneException("A row of " + row.getClass().getName()
                + " was given to a text encoder; it lays out only the rows that it encoded.");
    }

    private static int[] target(Encoded row) {
        return row.target() instanceof Target.Sequence sequence ? sequence.indices() : new int[1];
    }

    /** The decoder's first token, and all labels of a row but the last place's. */
    private HostTensor shifted(HostTensor.Longs labels) {
        final long[] shifted = new long[labels.data().length];
        final long length = labels.shape()[1];
        for (int i = 0; i < shifted.length; i++) {
            final long before = i % length == 0 ? settings.start() : labels.data()[i - 1];
            shifted[i] = before == Target.IGNORED ? settings.padding() : before;
        }
        return new HostTensor.Longs(shifted, labels.shape());
    }

    private static HostTensor.Longs padded(List<int[]> rows, int padding) {
        final int longest = rows.stream().mapToInt(row -> row.length).max().orElse(0);
        final long[] all = new long[rows.size() * longest];
        Arrays.fill(all, padding);
        for (int row = 0; row < rows.size(); row++) {
            for (int i = 0; i < rows.get(row).length; i++) {
                all[row * longest + i] = rows.get(row)[i];
            }
        }
        return new HostTensor.Longs(all, rows.size(), longest);
    }

    @Override
    public Optional<Question<Text>> question(Example<Text> example, Generation settings) {
        return example.label() instanceof Label.Completion completion
                        && !completion.text().isBlank()
                ? Optional.of(new Question<>(example.input(), example.input().text(), completion.text()))
                : Optional.empty();
    }

    @Override
    public TextWriter.Work write(
            Network network, List<Text> inputs, Generation settings, int atOnce, Cancellation cancellation) {
        final TextGenerator generator = generator(settings);
        final List<int[]> sources = sources(inputs);
        final List<Supplier<TextWriter.Work>> groups = new ArrayList<>();
        for (int from = 0; from < sources.size(); from += atOnce) {
            final List<int[]> some = sources.subList(from, Math.min(from + atOnce, sources.size()));
            final int first = from;
            groups.add(() -> generator.write(
                    expected -> next(network, some, expected),
                    Collections.nCopies(some.size(), new int[] {start()}),
                    first,
                    settings,
                    some.size(),
                    cancellation));
        }
        return new InGroups(groups);
    }

    @Override
    public TextWriter.Work write(
            Network network, Text input, Generation settings, Consumer<String> pieces, Cancellation cancellation) {
        final int[] source = sources(List.of(input)).get(0);
        return generator(settings)
                .write(
                        expected -> next(network, List.of(source), expected),
                        new int[] {start()},
                        settings,
                        pieces,
                        cancellation);
    }

    /** The tokens that are read of texts that something is to be written for; the first that is cut off is told of. */
    private List<int[]> sources(List<Text> inputs) {
        final List<TokenizedText> sources = tokenizer.encode(inputs, maxSource);
        final int cut = IntStream.range(0, inputs.size())
                .filter(i -> sources.get(i).truncated())
                .findFirst()
                .orElse(-1);
        if (cut >= 0) {
            final String text = inputs.get(cut).text();
            Warnings.say(
                    LOG,
                    "A text of " + length(inputs.get(cut)) + " tokens is read up to the maximum length of " + maxSource
                            + ", and what comes after is cut off; a larger maxLength, where the model has one, or a shorter text"
                            + " helps: "
                            + Visible.of(text.length() > SHOWN ? text.substring(0, SHOWN) + " ..." : text));
        }
        return sources.stream().map(TokenizedText::ids).toList();
    }

    /** What a text that is written begins with, which generation_config.json may say otherwise than config.json, which training goes by. */
    private int start() {
        final SpecialIds special = generation.understood().special();
        final int start = special.decoderStart().orElseGet(() -> special.begin().orElse(settings.start()));
        if (start >= settings.vocabulary()) {
            throw new FinetuneException("Texts begin with the token " + start + ", as 'decoder_start_token_id' or"
                    + " 'bos_token_id' of " + GenerationConfig.FILE + " says, but the model knows the tokens 0 to "
                    + (settings.vocabulary() - 1) + ": mend the field.");
        }
        return start;
    }

    private TextGenerator generator(Generation asked) {
        final TextGenerator generator = new TextGenerator(generation.understood(), new TokenText(tokenizer));
        final int fresh = generator.all(asked).newTokensAfter(1);
        if (fresh > settings.longest()) {
            throw new FinetuneException(
                    "A text of " + fresh + " new tokens is more than the " + settings.longest()
                            + " that the model writes (max_position_embeddings in its config.json): ask for fewer (maxNewTokens).");
        }
        return generator;
    }

    private NextTokens next(Network network, List<int[]> sources, int expected) {
        final Device device = network.parameters().get(0).value().device();
        return new Seq2SeqNextTokens(network, sources, settings.padding(), expected, device);
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
