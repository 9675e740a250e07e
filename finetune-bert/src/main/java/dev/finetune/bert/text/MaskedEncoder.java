package dev.finetune.bert.text;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.Target;
import dev.finetune.data.Example;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;

/**
 * Texts as rows whose tokens are hidden anew in every batch: masked-language modelling, as Transformers'
 * DataCollatorForLanguageModeling does it, but that a batch never has nothing to guess and that the batch's seed alone
 * decides. Special tokens are never chosen, nor are their names where a text spells them out. Labels are {@link
 * Target#IGNORED} where nothing is to be guessed. Texts without a single token (blank lines) make no row. Owns its
 * tokenizer.
 */
public final class MaskedEncoder implements InputEncoder<Text> {
    private final Tokenizer tokenizer;
    private final TextLayout layout;
    private final Masking masking;
    private final int maskId;
    private final int vocabularySize;
    private final int[] never;
    private final TextCollator collator;
    private final LongAdder truncated = new LongAdder();

    /**
     * Creates an encoder.
     *
     * @param tokenizer the model's tokenizer; closed with the encoder
     * @param layout how the family wants its rows
     * @param masking how many tokens are hidden, and how
     * @throws FinetuneException if the tokenizer has no mask token
     */
    public MaskedEncoder(Tokenizer tokenizer, TextLayout layout, Masking masking) {
        tokenizer.checkMaxLength(layout.maxLength(), true);
        this.tokenizer = tokenizer;
        this.layout = layout;
        this.masking = masking;
        this.maskId = tokenizer
                .specialTokens()
                .mask()
                .orElseThrow(() -> new FinetuneException("The tokenizer has no mask token, which masked-language"
                        + " modelling needs; name it (mask_token) in tokenizer_config.json."));
        this.vocabularySize = tokenizer.vocabularySize();
        this.never = tokenizer.specialTokens().neverMasked(tokenizer.template());
        this.collator = new TextCollator(layout);
    }

    @Override
    public Class<Text> inputType() {
        return Text.class;
    }

    @Override
    public List<Encoded> encode(List<Example<Text>> examples) {
        Detail detail = masking.wholeWords() ? Detail.WORDS : Detail.IDS;
        List<Text> inputs = examples.stream().map(Example::input).toList();
        List<Encoded> rows = new ArrayList<>(examples.size());
        inputs.forEach(layout::check);
        for (TokenizedText text : tokenizer.encode(inputs, layout.maxLength(), detail)) {
            if (Arrays.stream(text.ids()).noneMatch(this::mayBeChosen)) {
                continue;
            }
            if (text.truncated()) {
                truncated.increment();
            }
            EncodedText.Trace trace = masking.wholeWords()
                    ? new EncodedText.Trace.WordStarts(wordStarts(text))
                    : new EncodedText.Trace.Whole();
            rows.add(EncodedText.of(text, layout.tokenTypes(), new Target.None(), trace));
        }
        return rows;
    }

    // The positions where a word starts; what follows up to the next start, or a special token, belongs to it.
    private static int[] wordStarts(TokenizedText text) {
        int[] words = text.wordIds();
        int[] starts = new int[words.length];
        int count = 0;
        for (int i = 0; i < words.length; i++) {
            if (words[i] >= 0 && (i == 0 || words[i] != words[i - 1])) {
                starts[count++] = i;
            }
        }
        return Arrays.copyOf(starts, count);
    }

    private boolean mayBeChosen(int id) {
        return Arrays.binarySearch(never, id) < 0;
    }

    /**
     * Pads the rows and hides tokens; equal rows and seeds give equal batches, in training and in evaluation.
     *
     * @return the inputs, and {@code labels} [batch, longest] with the ids to guess
     */
    @Override
    public HostBatch collate(List<Encoded> rows, CollateContext context) {
        if (context.purpose() == CollateContext.Purpose.PREDICTION) {
            return collator.collate(rows);
        }
        Map<String, HostTensor> columns = collator.columns(rows);
        HostTensor.Longs inputs = (HostTensor.Longs) Objects.requireNonNull(columns.get("input_ids"));
        long[] ids = inputs.data();
        long[] labels = new long[ids.length];
        Arrays.fill(labels, Target.IGNORED);
        int longest = rows.isEmpty() ? 0 : ids.length / rows.size();
        SplittableRandom seeds = new SplittableRandom(context.seed());
        long fallback = seeds.nextLong();
        List<Group> all = new ArrayList<>();
        boolean any = false;
        for (int row = 0; row < rows.size(); row++) {
            SplittableRandom random = new SplittableRandom(seeds.nextLong());
            List<Group> groups = groups(TextCollator.text(rows.get(row)), row * longest);
            all.addAll(groups);
            for (Group group : groups) {
                if (random.nextDouble() < masking.probability()) {
                    hide(group, ids, labels, random);
                    any = true;
                }
            }
        }
        if (!any && !all.isEmpty()) {
            SplittableRandom random = new SplittableRandom(fallback);
            hide(all.get(random.nextInt(all.size())), ids, labels, random);
        }
        columns.put("labels", new HostTensor.Longs(labels, inputs.shape().clone()));
        return new HostBatch(Collections.unmodifiableMap(columns), List.copyOf(rows));
    }

    /** Positions of the batch that are chosen together, from the first to before the last: a token or a word. */
    private record Group(int from, int to) {}

    private List<Group> groups(EncodedText row, int offset) {
        int[] ids = row.ids();
        int[] starts = row.trace() instanceof EncodedText.Trace.WordStarts words ? words.firstTokens() : new int[0];
        List<Group> groups = new ArrayList<>(ids.length);
        int end;
        for (int i = 0; i < ids.length; i = end) {
            end = i + 1;
            if (mayBeChosen(ids[i])) {
                while (masking.wholeWords()
                        && end < ids.length
                        && mayBeChosen(ids[end])
                        && Arrays.binarySearch(starts, end) < 0) {
                    end++;
                }
                groups.add(new Group(offset + i, offset + end));
            }
        }
        return groups;
    }

    private void hide(Group group, long[] ids, long[] labels, SplittableRandom random) {
        for (int at = group.from(); at < group.to(); at++) {
            labels[at] = ids[at];
            double draw = random.nextDouble();
            if (draw < masking.masked()) {
                ids[at] = maskId;
            } else if (draw < masking.masked() + masking.random()) {
                ids[at] = random.nextInt(vocabularySize);
            }
        }
    }

    /** {@return the token that hides others, as a text spells it ({@code [MASK]})} */
    public String maskToken() {
        return tokenizer.token(maskId);
    }

    /** Tokens are hidden anew in every batch. */
    @Override
    public boolean variesInTraining() {
        return true;
    }

    @Override
    public long truncated() {
        return truncated.sum();
    }

    @Override
    public void save(Path directory) throws IOException {
        tokenizer.save(directory);
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
