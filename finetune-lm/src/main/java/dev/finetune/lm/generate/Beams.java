package dev.finetune.lm.generate;

import dev.finetune.generate.BeamStop;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generated.End;
import dev.finetune.generate.Generation;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The beam search of one input, as Transformers 5.18 does it for that input alone, in 32-bit numbers. Of all continuations of the
 * running texts it takes {@code max(2, 1 + stop tokens) * beams} of the highest sums of log-probabilities; those of them that end
 * and are among the first {@code beams} compete for the places of finished texts with {@code sum / length^penalty}; of those that
 * don't end, the best {@code beams} run on.
 */
final class Beams {
    /** What is taken off where a text is not to be chosen, unless there are too few others. */
    private static final float OUT = -1e9f;

    private final Generation settings;
    private final LogitsProcessor processor;
    private final Endings endings;
    private final int beams;
    private final int mostNew;
    private Text[] running;
    private Text[] finished;
    private boolean improvable = true;
    private boolean over;

    /** A text, its score, and why it ended; with the number of the running text that it goes on from. */
    private record Text(Draft draft, float score, Optional<End> end, int parent) {
        Text scored(float other) {
            return new Text(draft, other, end, parent);
        }
    }

    Beams(int[] prompt, Generation settings, LogitsProcessor processor, Endings endings) {
        this.settings = settings;
        this.processor = processor;
        this.endings = endings;
        this.beams = settings.beams();
        this.mostNew = settings.newTokensAfter(prompt.length);
        final Draft begun = new Draft(prompt);
        // All begin alike: the others count for nothing as long as the first has continuations.
        running = IntStream.range(0, beams)
                .mapToObj(n -> new Text(begun, n == 0 ? 0 : OUT, Optional.empty(), n))
                .toArray(Text[]::new);
        finished = IntStream.range(0, beams)
                .mapToObj(n -> new Text(begun, OUT, Optional.empty(), n))
                .toArray(Text[]::new);
    }

    boolean over() {
        return over;
    }

    /** The last tokens of the running texts. */
    IntStream lastTokens() {
        return Arrays.stream(running).mapToInt(text -> text.draft.last());
    }

    /** Which of the texts before, by their numbers, the running ones go on from. */
    IntStream parents() {
        return Arrays.stream(running).mapToInt(Text::parent);
    }

    /** Makes one step, with the logits of each running text. */
    void step(float[][] logits) {
        final Text[] best = continuations(logits);
        final float[] going = new float[best.length];
        for (int i = 0; i < best.length; i++) {
            going[i] = best[i].end.isPresent() ? best[i].score + OUT : best[i].score;
        }
        running = Arrays.stream(Top.of(going, beams))
                .mapToObj(i -> best[i].scored(going[i]))
                .toArray(Text[]::new);
        finish(best);
        improvable = improvable && mayImprove();
        over = !improvable
                || isFull() && settings.earlyStopping() == BeamStop.WHEN_FULL
                || Arrays.stream(best).allMatch(text -> text.end.isPresent());
    }

    /** The most probable continuations of all running texts. */
    private Text[] continuations(float[][] logits) {
        final Top top = new Top(Math.max(2, 1 + settings.stopTokens().size()) * beams);
        final int vocabulary = logits[0].length;
        for (int beam = 0; beam < beams; beam++) {
            final float[] logs = Softmax.log(logits[beam]);
            processor.process(running[beam].draft, logs);
            Softmax.largest(logs);
            for (int id = 0; id < vocabulary; id++) {
                top.add(logs[id] + running[beam].score, (long) beam * vocabulary + id);
            }
        }
        final float[] scores = top.values();
        final long[] places = top.places();
        return IntStream.range(0, places.length)
                .mapToObj(i -> {
                    final int beam = (int) (places[i] / vocabulary);
                    final Draft draft = running[beam].draft.with((int) (places[i] % vocabulary));
                    return new Text(draft, scores[i], endings.of(draft), beam);
                })
                .toArray(Text[]::new);
    }

    private boolean isFull() {
        return Arrays.stream(finished).allMatch(text -> text.end.isPresent());
    }

    /** Puts texts that ended, and are among the best, into the places of finished ones that score lower. */
    private void finish(Text[] best) {
        final float closed = improvable && !(isFull() && settings.earlyStopping() == BeamStop.WHEN_FULL) ? 0 : OUT;
        final Text[] all = Stream.concat(
                        Arrays.stream(finished), IntStream.range(0, best.length).mapToObj(i -> {
                            final boolean ends = i < beams && best[i].end.isPresent();
                            final float score = best[i].score / power(best[i].draft.newTokens()) + closed;
                            final Optional<End> end = ends ? best[i].end : Optional.empty();
                            return new Text(best[i].draft, ends ? score : score + OUT, end, i);
                        }))
                .toArray(Text[]::new);
        final float[] scores = new float[all.length];
        for (int i = 0; i < all.length; i++) {
            scores[i] = all[i].score;
        }
        finished = Arrays.stream(Top.of(scores, beams)).mapToObj(i -> all[i]).toArray(Text[]::new);
    }

    private float power(int length) {
        return (float) Math.pow(length, settings.lengthPenalty());
    }

    /** Whether the best running text, at the length that is assumed for it, would be better than the worst finished one. */
    private boolean mayImprove() {
        if (!isFull()) {
            return running[0].score / power(assumedLength()) > OUT;
        }
        return running[0].score / power(assumedLength()) > finished[beams - 1].score;
    }

    private int assumedLength() {
        return settings.earlyStopping() == BeamStop.WHEN_NEVER_BETTER && settings.lengthPenalty() > 0
                ? mostNew
                : running[0].draft.newTokens();
    }

    /** The best texts; of a search that was stopped before one ended, the best that was running. */
    List<Generated> result(IdsToText tokenizer) {
        final List<Generated> ended = Arrays.stream(finished)
                .filter(text -> text.end.isPresent())
                .limit(settings.sequences())
                .map(text -> Texts.of(text.draft, text.end.orElseThrow(), text.score, tokenizer))
                .toList();
        return ended.isEmpty()
                ? List.of(Texts.of(
                        running[0].draft,
                        End.CANCELLED,
                        running[0].score / power(Math.max(1, running[0].draft.newTokens())),
                        tokenizer))
                : ended;
    }
}
