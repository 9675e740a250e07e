package dev.finetune.lm.generate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** Changes the scores of the token that comes next. */
interface LogitsProcessor {
    /**
     * Changes them in place.
     *
     * @param text that the token would go on with
     * @param scores of all tokens: logits, or their log-probabilities in a beam search
     */
    void process(Draft text, float[] scores);

    /** The tokens that it forbids, with a score of minus infinity, if that is all that it changes; any of them may be none of the vocabulary. */
    default Optional<int[]> forbidden(Draft text) {
        return Optional.empty();
    }

    /** Forbids tokens, some of which may be none of the vocabulary. */
    static LogitsProcessor forbidding(Function<Draft, IntStream> ids) {
        return new LogitsProcessor() {
            @Override
            public void process(Draft text, float[] scores) {
                Penalties.forbid(ids.apply(text), scores);
            }

            @Override
            public Optional<int[]> forbidden(Draft text) {
                return Optional.of(ids.apply(text).toArray());
            }
        };
    }

    /** Another one, where a text fulfils a condition. */
    static LogitsProcessor when(Predicate<Draft> condition, LogitsProcessor then) {
        return new LogitsProcessor() {
            @Override
            public void process(Draft text, float[] scores) {
                if (condition.test(text)) {
                    then.process(text, scores);
                }
            }

            @Override
            public Optional<int[]> forbidden(Draft text) {
                return condition.test(text) ? then.forbidden(text) : Optional.of(new int[0]);
            }
        };
    }

    /** One after the other. */
    static LogitsProcessor all(List<LogitsProcessor> processors) {
        return new LogitsProcessor() {
            @Override
            public void process(Draft text, float[] scores) {
                processors.forEach(each -> each.process(text, scores));
            }

            @Override
            public Optional<int[]> forbidden(Draft text) {
                final List<int[]> all = new ArrayList<>();
                for (LogitsProcessor each : processors) {
                    final Optional<int[]> ids = each.forbidden(text);
                    if (ids.isEmpty()) {
                        return Optional.empty();
                    }
                    all.add(ids.get());
                }
                return Optional.of(all.stream().flatMapToInt(IntStream::of).toArray());
            }
        };
    }
}
