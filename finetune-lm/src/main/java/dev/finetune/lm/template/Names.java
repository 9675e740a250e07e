package dev.finetune.lm.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which names a template speaks of, for what Jinja settles before it renders: a variable that a scope sets before it reads
 * it, and of which no scope around knows, is undefined up to then, even for the blocks before; and a macro takes a caller,
 * kwargs or varargs if it names them.
 */
final class Names {
    private static final Set<String> SPECIAL = Set.of("caller", "kwargs", "varargs");

    private final Deque<Set<String>> macros = new ArrayDeque<>();
    private final List<Frame> frames = new ArrayList<>();
    private Frame current = frame(null);

    /** The names of a scope. */
    private static final class Frame {
        final @Nullable Frame around;
        final Set<String> known = new HashSet<>();
        final Set<String> hidden = new HashSet<>();
        int branches;

        Frame(@Nullable Frame around) {
            this.around = around;
        }

        boolean knownAround(String name) {
            for (Frame frame = around; frame != null; frame = frame.around) {
                if (frame.known.contains(name)) {
                    return true;
                }
            }
            return false;
        }
    }

    private Frame frame(@Nullable Frame around) {
        Frame frame = new Frame(around);
        frames.add(frame);
        return frame;
    }

    void read(String name) {
        if (!current.knownAround(name)) {
            current.known.add(name);
        }
        if (SPECIAL.contains(name)) {
            macros.forEach(special -> special.add(name));
        }
    }

    void set(String name) {
        if (current.known.add(name) && current.branches == 0) {
            current.hidden.add(name);
        }
    }

    /** A variable that the scope is entered with. */
    void given(String name) {
        current.known.add(name);
    }

    /** Enters a scope, and gives the variables that will be undefined in it until they are set: known when all is read. */
    Set<String> enterScope() {
        current = frame(current);
        return current.hidden;
    }

    void leaveScope() {
        if (current.around != null) {
            current = current.around;
        }
    }

    void enterBranch() {
        current.branches++;
    }

    void leaveBranch() {
        current.branches--;
    }

    void enterMacro() {
        macros.push(new HashSet<>());
    }

    Set<String> leaveMacro() {
        return macros.pop();
    }

    /** Ends it: what a scope around knows, though later, is not hidden; gives what the outermost scope hides. */
    Set<String> finish() {
        for (Frame frame : frames) {
            frame.hidden.removeIf(frame::knownAround);
        }
        return frames.get(0).hidden;
    }
}
