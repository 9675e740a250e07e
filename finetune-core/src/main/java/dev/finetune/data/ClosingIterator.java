package dev.finetune.data;

import java.util.Iterator;
import java.util.stream.Stream;

/** Walks through a stream and closes it at its end, so that a for loop leaves no file open. */
final class ClosingIterator<T> implements Iterator<T> {
    private final Stream<T> stream;
    private final Iterator<T> elements;

    ClosingIterator(Stream<T> stream) {
        this.stream = stream;
        this.elements = stream.iterator();
    }

    @Override
    public boolean hasNext() {
        boolean more = elements.hasNext();
        if (!more) {
            stream.close();
        }
        return more;
    }

    @Override
    public T next() {
        return elements.next();
    }
}
