package dev.finetune.lm.template;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What Python calls a generator: its values can be had once, each made when it is asked for. */
record OneTime(Iterator<Object> values) {
    static OneTime mapped(Iterator<Object> values, Function<Object, Object> change) {
        return new OneTime(new Iterator<>() {
            @Override
            public boolean hasNext() {
                return values.hasNext();
            }

            @Override
            public Object next() {
                return change.apply(values.next());
            }
        });
    }

    static OneTime filtered(Iterator<Object> values, Predicate<Object> keep) {
        return new OneTime(new Filtered(values, keep));
    }

    private static final class Filtered implements Iterator<Object> {
        private final Iterator<Object> values;
        private final Predicate<Object> keep;
        private @Nullable Object ahead;

        Filtered(Iterator<Object> values, Predicate<Object> keep) {
            this.values = values;
            this.keep = keep;
        }

        @Override
        public boolean hasNext() {
            while (ahead == null && values.hasNext()) {
                Object value = values.next();
                if (keep.test(value)) {
                    ahead = value;
                }
            }
            return ahead != null;
        }

        @Override
        public Object next() {
            Object value = hasNext() ? ahead : null;
            if (value == null) {
                throw new NoSuchElementException();
            }
            ahead = null;
            return value;
        }
    }
}
