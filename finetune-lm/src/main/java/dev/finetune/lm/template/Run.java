package dev.finetune.lm.template;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/** One rendering: where it is, what it may still cost, and what the assistant said. */
final class Run {
    /** The most characters of a text, the rendered one included. */
    static final int MOST_CHARACTERS = 1 << 26;

    /** The most values of a list. */
    static final int MOST_ITEMS = 1 << 22;

    private static final long MOST_STEPS = 20_000_000;
    private static final long MOST_WRITTEN = 1L << 30;
    private static final int MOST_DEPTH = 100;

    private final Clock clock;
    private final boolean tracked;
    private final List<Rendered.Span> spans = new ArrayList<>();
    private long steps;
    private long written;
    private int depth;
    private int line = 1;

    /**
     * @param clock what time it is
     * @param tracked whether the places of generation blocks are wanted
     */
    Run(Clock clock, boolean tracked) {
        this.clock = clock;
        this.tracked = tracked;
    }

    Clock clock() {
        return clock;
    }

    boolean tracked() {
        return tracked;
    }

    List<Rendered.Span> spans() {
        return spans;
    }

    int line() {
        return line;
    }

    void at(int now) {
        line = now;
        step();
    }

    void step() {
        if (++steps > MOST_STEPS) {
            throw new TemplateProblem("rendering takes more than " + MOST_STEPS + " steps; does a loop not end?");
        }
    }

    /** Counts the text that an operation makes. */
    String made(String text) {
        size(text.length());
        return text;
    }

    void size(long characters) {
        written += characters;
        if (characters > MOST_CHARACTERS || written > MOST_WRITTEN) {
            throw new TemplateProblem("rendering makes more text than " + MOST_CHARACTERS + " characters at once or "
                    + MOST_WRITTEN + " in all");
        }
    }

    void enter() {
        if (++depth > MOST_DEPTH) {
            throw new TemplateProblem("macros call each other more than " + MOST_DEPTH + " deep");
        }
    }

    void leave() {
        depth--;
    }
}
