package dev.finetune.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/** Checks of arguments that have parts, where {@link Objects#requireNonNull(Object, String)} can't name the part. */
public final class Arguments {
    private Arguments() {}

    /**
     * An immutable copy, in order.
     *
     * @param name what the argument is called
     * @throws NullPointerException if it is null, or one of its elements is: the message is its name, or "name[place]"
     */
    public static <T> List<T> copy(Collection<? extends T> elements, String name) {
        Objects.requireNonNull(elements, name);
        final List<T> copy = new ArrayList<>(elements.size());
        for (T element : elements) {
            copy.add(Objects.requireNonNull(element, () -> name + "[" + copy.size() + "]"));
        }
        return List.copyOf(copy);
    }

    /** The same of an array. */
    public static <T> List<T> copy(String name, T[] elements) {
        return copy(Arrays.asList(Objects.requireNonNull(elements, name)), name);
    }
}
