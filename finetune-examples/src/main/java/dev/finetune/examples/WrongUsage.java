package dev.finetune.examples;

import dev.finetune.error.FinetuneException;
import java.util.function.Supplier;

/** Options that can't be meant: the value of one, or several that contradict each other. The exit status is 2. */
public final class WrongUsage extends FinetuneException {
    private static final long serialVersionUID = 1L;

    /**
     * Refuses options.
     *
     * @param message what was said, what was expected, and how to mend it
     */
    public WrongUsage(String message) {
        super(message);
    }

    private WrongUsage(FinetuneException refusal) {
        super(refusal.getMessage(), refusal);
    }

    /**
     * {@return what is made of options}
     *
     * @param <T> its kind
     * @param made makes it
     * @throws WrongUsage if the library refuses a setting
     */
    public static <T> T unless(Supplier<T> made) {
        try {
            return made.get();
        } catch (FinetuneException refusal) {
            throw new WrongUsage(refusal);
        }
    }
}
