package dev.finetune.lm;

import dev.finetune.data.Label;
import dev.finetune.internal.Arguments;
import java.util.List;

/**
 * Two ways to go on with a conversation, of which one is preferred.
 *
 * @param chosen the messages of the better one, mostly one of the assistant
 * @param rejected the messages of the worse one
 */
public record Preference(List<Message> chosen, List<Message> rejected) implements Label.Comparison {
    /** Keeps its own copy. */
    public Preference {
        chosen = Arguments.copy(chosen, "chosen");
        rejected = Arguments.copy(rejected, "rejected");
    }
}
