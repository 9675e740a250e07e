package dev.finetune.internal;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;

/** Reads and copies records of any kind, so that a component that is new needs no edit where others are changed. */
public final class Records {
    private Records() {}

    /**
     * A copy of a record in which one component has another value.
     *
     * @param component its name
     * @throws RuntimeException what the record's constructor throws
     */
    @SuppressWarnings("unchecked") // A record's constructor gives its own type.
    public static <R extends Record> R with(R record, String component, Object value) {
        final RecordComponent[] components = record.getClass().getRecordComponents();
        final Class<?>[] types = new Class<?>[components.length];
        final Object[] values = new Object[components.length];
        boolean found = false;
        for (int i = 0; i < components.length; i++) {
            final boolean isChanged = components[i].getName().equals(component);
            types[i] = components[i].getType();
            values[i] = isChanged ? value : get(record, components[i]);
            found |= isChanged;
        }
        if (!found) {
            throw new IllegalArgumentException(record.getClass().getName() + " has no component " + component + ".");
        }
        return (R) make(record.getClass(), types, values);
    }

    /**
     * A record of a type.
     *
     * @param values of its components, in order
     * @throws RuntimeException what the record's constructor throws
     */
    public static Object make(Class<?> type, Object[] values) {
        final RecordComponent[] components = type.getRecordComponents();
        final Class<?>[] types = new Class<?>[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
        }
        return make(type, types, values);
    }

    private static Object make(Class<?> type, Class<?>[] types, Object[] values) {
        try {
            final Constructor<?> constructor = type.getDeclaredConstructor(types);
            constructor.trySetAccessible();
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw unchecked(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The value of a component. */
    public static Object get(Record record, RecordComponent component) {
        try {
            component.getAccessor().trySetAccessible();
            return component.getAccessor().invoke(record);
        } catch (InvocationTargetException e) {
            throw unchecked(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static RuntimeException unchecked(InvocationTargetException e) {
        if (e.getCause() instanceof Error error) {
            throw error;
        }
        return e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
    }
}
