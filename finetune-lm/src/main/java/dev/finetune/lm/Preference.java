package dev.finetune.lm;

import dev.finetune.data.Label;
import dev.finetune.data.ReadAsText;
import dev.finetune.internal.Arguments;
import java.util.List;

/**
 * Two ways to go on with a conversation, of which one is preferred.
 *
 * @param chosen the messages of the better one, mostly one of the assistant
 * @param rejected the messages of the worse one
 */
public record Preference(List<Message> chosen, List<Message> rejected) implements Label.Comparison, ReadAsText {
    /** Keeps its own copy. */
    public Preference {
        chosen = Arguments.copy(chosen, "chosen");
        rejected = Arguments.copy(rejected, "rejected");
    }

    @Override
    public String readAsText() {
        return toString();
    }

    /** Whether the better way, or the worse one, says nothing. */
    @Override
    public boolean lacksAnswer() {
        return chosen.stream().allMatch(Message::saysNothing)
                || rejected.stream().allMatch(Message::saysNothing);
    }

    /** In one line: what is preferred, and to what. */
    @Override
    public String toString() {
        return "preferred " + Message.readAsText(chosen, " / ") + " to " + Message.readAsText(rejected, " / ");
    }
}
