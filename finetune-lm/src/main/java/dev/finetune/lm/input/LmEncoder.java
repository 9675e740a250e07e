package dev.finetune.lm.input;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.Target;
import dev.finetune.bert.text.Detail;
import dev.finetune.bert.text.TokenizedText;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generation;
import dev.finetune.lm.generate.GenerationConfig;
import dev.finetune.lm.generate.ModelGeneration;
import dev.finetune.lm.generate.NetworkTokens;
import dev.finetune.lm.generate.TextGenerator;
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
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Texts as rows of tokens of which the next one is predicted. Of an example without a label all tokens are, of one with a {@link
 * Label.Completion} those of the completion, which follows the text directly and ends with the end-of-text token. Owns its
 * tokenizer.
 *
 * <p>Batches hold "input_ids", "attention_mask", "labels" and, where texts in a row are kept apart, "segments" and "position_ids",
 * all (batch, longest), padded on the right.
 */
public final class LmEncoder implements InputEncoder<Text>, TextWriter<Text> {
    /** Longer than any text is. */
    private static final int WHOLE = 1 << 24;

    private final Tokenizer tokenizer;
    private final LmInputs settings;
    private final int maxLength;
    private final int paddingId;
    private final int endId;
    private final ModelGeneration generation;
    private final int positions;
    private final LongAdder truncated = new LongAdder();

    /**
     * Creates an encoder.
     *
     * @param tokenizer the model's tokenizer; closed with the encoder
     * @param settings how texts are laid into rows
     * @param maxLength the most tokens of a row
     * @param paddingId fills shorter rows of a batch
     * @param endId the end-of-text token's id
     * @param generation what the model says of how it writes
     * @param positions the most tokens that it reads
     */
    public LmEncoder(Tokenizer tokenizer, LmInputs settings, int maxLength, int paddingId, int endId,
            ModelGeneration generation, int positions) {
        this.tokenizer = tokenizer;
        this.settings = settings;
        this.maxLength = maxLength;
        this.paddingId = paddingId;
        this.endId = endId;
        this.generation = generation;
        this.positions = positions;
        if (maxLength <= tokenizer.overhead(false)) {
            throw new FinetuneException("maxLength(" + maxLength + "): a row needs room for a text beside the "
                    + tokenizer.overhead(false) + " special tokens of the tokenizer.");
        }
    }

    @Override
    public Class<Text> inputType() {
        return Text.class;
    }

    @Override
    public List<Encoded> encode(List<Example<Text>> examples) {
        final Packing packing = new Packing(maxLength, settings.apart());
        final List<Encoded> rows = new ArrayList<>();
        for (Example<Text> example : examples) {
            final TokenRow whole = whole(example);
            if (settings.packs()) {
                packing.add(whole.ids(), whole.labels());
            } else {
                rows.add(cut(whole));
            }
        }
        rows.addAll(packing.rows());
        return rows;
    }

    private TokenRow cut(TokenRow whole) {
        if (whole.length() <= maxLength) {
            return whole;
        }
        truncated.increment();
        return TokenRow.of(Arrays.copyOf(whole.ids(), maxLength), Arrays.copyOf(whole.labels(), maxLength));
    }

    private TokenRow whole(Example<Text> example) {
        final Text text = example.input();
        requireSingle(text);
        if (example.label() instanceof Label.Completion completion) {
            return completed(text.text(), completion.text());
        }
        if (!(example.label() instanceof Label.None)) {
            throw new FinetuneException(
                    "A language model learns from texts alone, or from Label.completion(...), not from "
                            + example.label() + ".");
        }
        final int[] ids = tokens(text.text()).ids();
        final int[] all = settings.packs() ? ended(ids) : ids;
        return TokenRow.of(all, all);
    }

    private static void requireSingle(Text text) {
        if (text.pair() != null) {
            throw new FinetuneException("A language model goes on with one text, and this is a pair: join its texts, or"
                    + " make the second one the label: Label.completion(...).");
        }
    }

    private TokenRow completed(String prompt, String completion) {
        final TokenizedText both = tokens(prompt + completion);
        final int[] ids = ended(both.ids());
        final int[] labels = ids.clone();
        for (int i = 0; i < both.length(); i++) {
            if (both.starts()[i] < prompt.length()) {
                labels[i] = Target.IGNORED;
            }
        }
        return TokenRow.of(ids, labels);
    }

    private TokenizedText tokens(String text) {
        return tokenizer.encode(List.of(Text.of(text)), WHOLE, Detail.OFFSETS).get(0);
    }

    private int[] ended(int[] ids) {
        final int[] ended = Arrays.copyOf(ids, ids.length + 1);
        ended[ids.length] = endId;
        return ended;
    }

    @Override
    public HostBatch collate(List<Encoded> rows, CollateContext context) {
        final int longest = rows.stream().mapToInt(Encoded::length).max().orElse(0);
        final Columns columns = new Columns(rows.size(), longest);
        for (int row = 0; row < rows.size(); row++) {
            columns.put(row, (TokenRow) rows.get(row));
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
            Arrays.fill(ids, paddingId);
            Arrays.fill(labels, Target.IGNORED);
            Arrays.fill(segments, -1);
        }

        void put(int row, TokenRow tokens) {
            for (int i = 0; i < tokens.length(); i++) {
                final int at = row * longest + i;
                ids[at] = tokens.ids()[i];
                labels[at] = tokens.labels()[i];
                mask[at] = 1;
                if (settings.apart()) {
                    segments[at] = tokens.segments()[i];
                    positions[at] = i > 0 && segments[at] == segments[at - 1] ? positions[at - 1] + 1 : 0;
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
    public TextWriter.Work write(
            Network network, List<Text> inputs, Generation settings, int atOnce, Cancellation cancellation) {
        final GenerationConfig config = generation.understood();
        final TextGenerator generator = new TextGenerator(config, new TokenText(tokenizer));
        final List<int[]> prompts = inputs.stream()
                .map(input -> prompt(input, config, generator.all(settings)))
                .toList();
        return generator.write(() -> new NetworkTokens(network, paddingId), prompts, settings, atOnce, cancellation);
    }

    @Override
    public TextWriter.Work write(
            Network network, Text input, Generation settings, Consumer<String> pieces, Cancellation cancellation) {
        final GenerationConfig config = generation.understood();
        final TextGenerator generator = new TextGenerator(config, new TokenText(tokenizer));
        final int[] prompt = prompt(input, config, generator.all(settings));
        return generator.write(() -> new NetworkTokens(network, paddingId), prompt, settings, pieces, cancellation);
    }

    /** The tokens of a text; of an empty one the token that texts begin with, if there is one. */
    private int[] prompt(Text text, GenerationConfig config, Generation settings) {
        requireSingle(text);
        final int[] ids = tokens(text.text()).ids();
        final int[] prompt = ids.length == 0 ? config.special().begin().stream().toArray() : ids;
        final int fresh = settings.newTokensAfter(prompt.length);
        if (prompt.length + (long) fresh - 1 > positions) {
            throw new FinetuneException("A prompt of " + prompt.length + " tokens and " + fresh
                    + " new ones are more than the " + positions
                    + " that the model reads: shorten the prompt, or ask for fewer with maxNewTokens.");
        }
        return prompt;
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
