package dev.finetune.bert.text;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.Target;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Words;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sentences of words as rows, with one tag a word: token classification. The first token of a word carries its tag, the
 * others and the special tokens {@link Target#IGNORED} (as Transformers' run_ner does). Sentences that are too long are
 * cut at their end, and the first of them is told in the log. Owns its tokenizer.
 */
public final class WordsEncoder implements InputEncoder<Words> {
    private static final Logger LOG = LoggerFactory.getLogger(WordsEncoder.class);

    private final Tokenizer tokenizer;
    private final TextLayout layout;
    private final Function<Label, Target> targets;
    private final TextCollator collator;
    private final LongAdder truncated = new LongAdder();
    private final LongAdder truncatedWords = new LongAdder();
    private final AtomicBoolean told = new AtomicBoolean();

    /**
     * Creates an encoder.
     *
     * @param tokenizer the model's tokenizer, from {@link Tokenizer#openForWords}; closed with the encoder
     * @param layout how the family wants its rows
     * @param targets the task's tags as numbers, thread-safe: a {@link Target.Sequence} with one index a word for {@link
     *     Label.Tags}, {@link Target.None} for no label
     */
    public WordsEncoder(Tokenizer tokenizer, TextLayout layout, Function<Label, Target> targets) {
        tokenizer.rawWords(List.of(), layout.maxLength());
        this.tokenizer = tokenizer;
        this.layout = layout;
        this.targets = targets;
        this.collator = new TextCollator(layout);
    }

    @Override
    public Class<Words> inputType() {
        return Words.class;
    }

    @Override
    public List<Encoded> encode(List<Example<Words>> examples) {
        List<Encoded> rows = new ArrayList<>(examples.size());
        for (Example<Words> example : examples) {
            rows.add(encode(example));
        }
        return rows;
    }

    private EncodedText encode(Example<Words> example) {
        List<String> words = example.input().words();
        if (example.label() instanceof Label.Tags tags) {
            checkCount(words, tags.tags().size());
        }
        Beginnings.Sentence sentence = tokenizer.rawWords(words, layout.maxLength());
        RawTokens raw = sentence.tokens();
        TokenizedText text = tokenizer.template().lay(raw, null, layout.maxLength(), Detail.WORDS);
        int[] firsts = firstTokens(text.wordIds(), words.size());
        if (text.truncated()) {
            truncated.increment();
            long unread = words.size() - sentence.read();
            noteCut(words.size(), unread + count(firstTokens(raw.words(), sentence.read())) - count(firsts));
        }
        Target target = spread(targets.apply(example.label()), words, firsts, text.length());
        return EncodedText.of(text, layout.tokenTypes(), target, new EncodedText.Trace.WordStarts(firsts));
    }

    private void noteCut(int words, long cut) {
        truncatedWords.add(cut);
        if (cut > 0 && !told.getAndSet(true)) {
            LOG.warn(
                    "A sentence of {} words is longer than the {} tokens that the model reads: {} at its end are neither"
                            + " learned, scored nor tagged (their tag is empty). Divide long sentences, or set a larger"
                            + " maxLength where the model has one. Later ones aren't logged.",
                    words,
                    layout.maxLength(),
                    cut);
        }
    }

    static int[] firstTokens(int[] wordIds, int words) {
        int[] firsts = new int[words];
        Arrays.fill(firsts, -1);
        for (int i = wordIds.length - 1; i >= 0; i--) {
            if (wordIds[i] >= 0) {
                firsts[wordIds[i]] = i;
            }
        }
        return firsts;
    }

    private static long count(int[] firsts) {
        return Arrays.stream(firsts).filter(first -> first >= 0).count();
    }

    private static Target spread(Target target, List<String> words, int[] firsts, int length) {
        if (!(target instanceof Target.Sequence tags)) {
            return target;
        }
        checkCount(words, tags.indices().length);
        int[] labels = new int[length];
        Arrays.fill(labels, Target.IGNORED);
        for (int word = 0; word < firsts.length; word++) {
            if (firsts[word] >= 0) {
                labels[firsts[word]] = tags.indices()[word];
            }
        }
        return new Target.Sequence(labels);
    }

    private static void checkCount(List<String> words, int tags) {
        if (words.size() != tags) {
            String start = String.join(" ", words.subList(0, Math.min(8, words.size())));
            throw new FinetuneException("A sentence has " + words.size() + " words and " + tags
                    + " tags; it needs one tag a word. It starts \"" + start + "\".");
        }
    }

    @Override
    public HostBatch collate(List<Encoded> rows, CollateContext context) {
        return collator.collate(rows);
    }

    @Override
    public long truncated() {
        return truncated.sum();
    }

    /** {@return how many words of the rows so far were cut away, and so are neither trained on nor predicted} */
    public long truncatedWords() {
        return truncatedWords.sum();
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
