package dev.finetune.lm.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The variable {@code loop}: reads ahead only where it is asked what comes. */
final class Loop implements Iterator<Object> {
    private final Object all;
    private Iterator<Object> rest;
    private @Nullable Object before;
    private @Nullable Object current;
    private @Nullable Object after;
    private @Nullable Object lastChanged;
    private int index = -1;
    private int length = -1;

    /**
     * @param all what is looped over, for its length
     * @param rest its values
     */
    Loop(Object all, Iterator<Object> rest) {
        this.all = all;
        this.rest = rest;
    }

    @Override
    public boolean hasNext() {
        return after != null || rest.hasNext();
    }

    @Override
    public Object next() {
        Object value = after == null ? rest.next() : after;
        after = null;
        index++;
        before = current;
        current = value;
        return value;
    }

    private @Nullable Object peek() {
        if (after == null && rest.hasNext()) {
            after = rest.next();
        }
        return after;
    }

    int length() {
        if (length < 0) {
            if (all instanceof OneTime) {
                List<Object> others = new ArrayList<>();
                rest.forEachRemaining(others::add);
                rest = others.iterator();
                length = others.size() + index + 1 + (after == null ? 0 : 1);
            } else {
                length = Sequences.length(all);
            }
        }
        return length;
    }

    /** An attribute; null where there is none. */
    @Nullable
    Object get(String name) {
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> (long) length() - index;
            case "revindex0" -> (long) length() - index - 1;
            case "first" -> index == 0;
            case "last" -> peek() == null;
            case "length" -> (long) length();
            case "depth" -> 1L;
            case "depth0" -> 0L;
            case "previtem" -> index == 0 || before == null ? new Undefined("there is no previous item") : before;
            case "nextitem" -> {
                Object next = peek();
                yield next == null ? new Undefined("there is no next item") : next;
            }
            case "cycle" -> (Function) (run, arguments) -> cycle(arguments);
            case "changed" -> (Function) (run, arguments) -> changed(arguments);
            default -> null;
        };
    }

    private Object cycle(Arguments arguments) {
        if (arguments.values().isEmpty() || !arguments.named().isEmpty()) {
            throw new TemplateProblem("loop.cycle() needs values to go through");
        }
        return arguments.values().get(index % arguments.values().size());
    }

    private Object changed(Arguments arguments) {
        Tuple now = new Tuple(arguments.values());
        if (lastChanged != null && Values.areEqual(lastChanged, now)) {
            return false;
        }
        lastChanged = now;
        return true;
    }
}
