package dev.finetune.bert.text;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.Target;
import dev.finetune.batch.TokenEncoder;
import dev.finetune.batch.TokenRow;
import dev.finetune.bert.augment.TextAugmentation;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * Texts and pairs as rows, with one target each: classification, several labels at once, regression, embeddings. Too
 * long texts are cut, of a pair the longer first. Owns its tokenizer.
 */
public final class SequenceEncoder implements TokenEncoder<Text> {
    private final Tokenizer tokenizer;
    private final TextLayout layout;
    private final Function<Label, Target> targets;
    private final TextCollator collator;
    private final TextAugmenter augmenter;
    private final LongAdder truncated = new LongAdder();

    /**
     * Creates an encoder.
     *
     * @param tokenizer the model's tokenizer; closed with the encoder
     * @param layout how the family wants its rows
     * @param targets the task's labels as numbers; thread-safe
     */
    public SequenceEncoder(Tokenizer tokenizer, TextLayout layout, Function<Label, Target> targets) {
        this(tokenizer, layout, targets, List.of());
    }

    /**
     * The same with random changes of training texts, made in that order, anew in every batch.
     *
     * @param tokenizer of the model (borrowed)
     * @param layout how tokens become a row
     * @param targets what a label means to the head
     * @param augmentations of training texts, in order
     */
    public SequenceEncoder(
            Tokenizer tokenizer,
            TextLayout layout,
            Function<Label, Target> targets,
            List<TextAugmentation> augmentations) {
        tokenizer.checkMaxLength(layout.maxLength(), true);
        this.tokenizer = tokenizer;
        this.layout = layout;
        this.targets = targets;
        this.collator = new TextCollator(layout);
        this.augmenter = new TextAugmenter(List.copyOf(augmentations));
    }

    @Override
    public Class<Text> inputType() {
        return Text.class;
    }

    @Override
    public List<Encoded> encode(List<Example<Text>> examples) {
        List<Text> inputs = examples.stream().map(Example::input).toList();
        inputs.forEach(layout::check);
        List<TokenizedText> texts = variesInTraining()
                ? tokenizer.encode(inputs, layout.maxLength(), Detail.WORDS)
                : tokenizer.encode(inputs, layout.maxLength());
        List<Encoded> rows = new ArrayList<>(examples.size());
        for (int i = 0; i < texts.size(); i++) {
            TokenizedText text = texts.get(i);
            if (text.truncated()) {
                truncated.increment();
            }
            Target target = targets.apply(examples.get(i).label());
            EncodedText.Trace trace =
                    variesInTraining() ? new EncodedText.Trace.WordIds(text.wordIds()) : new EncodedText.Trace.Whole();
            rows.add(EncodedText.of(text, layout.tokenTypes(), target, trace));
        }
        return rows;
    }

    @Override
    public TokenRow tokens(Text input) {
        layout.check(input);
        TokenizedText text = tokenizer
                .encode(List.of(input), layout.maxLength(), Detail.OFFSETS)
                .get(0);
        return new SequenceTokens(text, input, layout, tokenizer);
    }

    @Override
    public HostBatch collate(List<Encoded> rows, CollateContext context) {
        if (!variesInTraining() || context.purpose() != CollateContext.Purpose.TRAINING) {
            return collator.collate(rows);
        }
        return new HostBatch(
                Collections.unmodifiableMap(collator.columns(augmenter.apply(rows, context.seed()))),
                List.copyOf(rows));
    }

    @Override
    public boolean variesInTraining() {
        return !augmenter.augmentations().isEmpty();
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
