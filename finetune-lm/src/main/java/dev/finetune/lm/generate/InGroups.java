package dev.finetune.lm.generate;

import dev.finetune.generate.Generated;
import dev.finetune.spi.TextWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Several groups of texts, written one group after the other. */
public final class InGroups implements TextWriter.Work {
    private final Deque<Supplier<TextWriter.Work>> waiting;
    private final List<Generated> written = new ArrayList<>();
    private TextWriter.@Nullable Work current;

    /**
     * Begins with nothing.
     *
     * @param groups each begun when the one before is written
     */
    public InGroups(List<Supplier<TextWriter.Work>> groups) {
        this.waiting = new ArrayDeque<>(groups);
    }

    @Override
    public boolean step() {
        if (current == null) {
            if (waiting.isEmpty()) {
                return false;
            }
            current = waiting.remove().get();
        }
        if (!current.step()) {
            written.addAll(current.result());
            close();
        }
        return current != null || !waiting.isEmpty();
    }

    @Override
    public List<Generated> result() {
        return List.copyOf(written);
    }

    @Override
    public void close() {
        if (current != null) {
            current.close();
            current = null;
        }
    }
}
