package dev.finetune.bert.text;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.Target;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Question;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Questions with their contexts as rows: extractive question answering. A context that does not fit is split into
 * windows that overlap by {@code docStride} tokens, each with the whole question before it (Transformers' run_qa:
 * {@code truncation="only_second"}, {@code return_overflowing_tokens}); the target is the first answer's first and last
 * token, or 0, 0 in windows that do not hold all of it. Windows cover the whole context; Python's tokenizers 0.23 stops
 * reading a context after the maximum length, and so lacks the last ones. Owns its tokenizer.
 */
public final class QuestionEncoder implements InputEncoder<Question> {
    /** run_qa's maximum length of a row, in tokens. */
    public static final int DEFAULT_MAX_LENGTH = 384;

    /** run_qa's overlap of two windows, in tokens. */
    public static final int DEFAULT_DOC_STRIDE = 128;

    private final Tokenizer tokenizer;
    private final TextLayout layout;
    private final int docStride;
    private final TextCollator collator;

    /**
     * Creates an encoder.
     *
     * @param tokenizer the model's tokenizer; closed with the encoder
     * @param layout how the family wants its rows
     * @param docStride by how many tokens two windows of one context overlap (not how far apart they start)
     */
    public QuestionEncoder(Tokenizer tokenizer, TextLayout layout, int docStride) {
        int room = layout.maxLength() - tokenizer.overhead(true);
        if (docStride < 0 || docStride >= room) {
            throw new FinetuneException("Windows overlap by " + docStride + " tokens (docStride); it must be at least 0"
                    + " and less than what a row of " + layout.maxLength() + " tokens has room for, " + room + ".");
        }
        this.tokenizer = tokenizer;
        this.layout = layout;
        this.docStride = docStride;
        this.collator = new TextCollator(layout);
    }

    @Override
    public Class<Question> inputType() {
        return Question.class;
    }

    @Override
    public List<Encoded> encode(List<Example<Question>> examples) {
        List<String> questions =
                examples.stream().map(e -> stripStart(e.input().question())).toList();
        List<String> contexts = examples.stream().map(e -> e.input().context()).toList();
        List<RawTokens> questionTokens = tokenizer.raw(questions, Detail.OFFSETS);
        List<RawTokens> contextTokens = tokenizer.raw(contexts, Detail.OFFSETS);
        List<Encoded> rows = new ArrayList<>(examples.size());
        for (int i = 0; i < examples.size(); i++) {
            addWindows(examples.get(i), i, questionTokens.get(i), contextTokens.get(i), rows);
        }
        return rows;
    }

    private void addWindows(
            Example<Question> example, int index, RawTokens question, RawTokens context, List<Encoded> rows) {
        int room = layout.maxLength() - tokenizer.overhead(true) - question.length();
        boolean fits = context.length() <= room;
        if (!fits && room <= docStride) {
            throw new FinetuneException("A question of " + question.length() + " tokens leaves room for "
                    + Math.max(room, 0) + " tokens of its context in a row of " + layout.maxLength()
                    + ", and windows overlap by " + docStride + "; raise the maximum length, lower docStride, or"
                    + " shorten the question, which starts \""
                    + start(example.input().question()) + "\".");
        }
        int step = fits ? Math.max(context.length(), 1) : room - docStride;
        int windows = fits ? 1 : 1 + (context.length() - room + step - 1) / step;
        int position = tokenizer.template().secondStart(question.length());
        List<Label.Answer> accepted = example.label() instanceof Label.Answers answers ? answers.answers() : List.of();
        for (int window = 0; window < windows; window++) {
            int from = window * step;
            int to = fits ? context.length() : Math.min(from + room, context.length());
            TokenizedText text = tokenizer.template().window(question, context, from, to);
            QuestionWindow trace = new QuestionWindow(
                    example.input(),
                    index,
                    window,
                    windows,
                    position,
                    from,
                    to - from,
                    context.starts(),
                    context.ends());
            rows.add(EncodedText.of(
                    text, layout.tokenTypes(), target(example, trace), new EncodedText.Trace.Window(trace, accepted)));
        }
    }

    private static Target target(Example<Question> example, QuestionWindow window) {
        if (!(example.label() instanceof Label.Answers answers)) {
            if (example.label() instanceof Label.None) {
                return new Target.None();
            }
            throw new FinetuneException("A question is labelled with "
                    + example.label().getClass().getSimpleName()
                    + "; it needs Label.Answers, which is empty where the context has no answer.");
        }
        if (answers.answers().isEmpty() || answers.answers().get(0).text().isEmpty()) {
            return new Target.Span(0, 0);
        }
        Label.Answer answer = answers.answers().get(0);
        checkPlace(answer, example.input());
        return span(answer.start(), answer.start() + answer.text().length(), window);
    }

    private static void checkPlace(Label.Answer answer, Question question) {
        String context = question.context();
        int length = answer.text().length();
        if (!context.regionMatches(true, answer.start(), answer.text(), 0, length)) {
            int from = Math.min(Math.max(answer.start(), 0), context.length());
            String found = context.substring(from, Math.min(from + length, context.length()));
            throw new FinetuneException("The answer \"" + start(answer.text()) + "\" is said to start at "
                    + answer.start() + " of its context, where it says \"" + start(found)
                    + "\"; places count UTF-16 units from 0 (Python's count code points). The question is \""
                    + start(question.question()) + "\".");
        }
    }

    /** The tokens of the window that hold the characters from {@code from} to {@code to}, as run_qa finds them. */
    private static Target.Span span(int from, int to, QuestionWindow window) {
        int first = window.position();
        int last = first + window.count() - 1;
        if (window.count() == 0 || window.start(first) > from || window.end(last) < to) {
            return new Target.Span(0, 0);
        }
        int start = first;
        while (start < last && window.start(start + 1) <= from) {
            start++;
        }
        int end = last;
        while (end > first && window.end(end - 1) >= to) {
            end--;
        }
        return new Target.Span(start, Math.max(start, end));
    }

    // run_qa strips questions on the left: some have long runs of blanks there. Python's notion of a blank.
    private static String stripStart(String text) {
        int at = 0;
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
        return text.substring(at);
    }

    private static boolean isBlank(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
    }

    private static String start(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }

    @Override
    public HostBatch collate(List<Encoded> rows, CollateContext context) {
        return collator.collate(rows);
    }

    /** Always 0: a context that does not fit is split, and nothing of it is lost. */
    @Override
    public long truncated() {
        return 0;
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
