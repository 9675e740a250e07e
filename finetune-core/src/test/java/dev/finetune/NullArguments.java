package dev.finetune;

import dev.finetune.error.FinetuneException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Calls public methods with null for one argument after the other, and finds those that don't say at the call which one it
 * was: with a {@link NullPointerException} whose message is the argument's name, or a {@link FinetuneException}.
 */
public final class NullArguments {
    private final Map<Class<?>, Object> samples;

    /** With a good value for each type of argument. */
    public NullArguments(Map<Class<?>, Object> samples) {
        this.samples = samples;
    }

    /** The calls on public static methods and constructors of a type that don't name the argument that is null. */
    public List<String> unnamedInMakersOf(Class<?> type) {
        final List<String> found = new ArrayList<>();
        for (Method method : type.getDeclaredMethods()) {
            if (isPublic(method) && Modifier.isStatic(method.getModifiers())) {
                found.addAll(unnamed(method, null));
            }
        }
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            if (isPublic(constructor)) {
                found.addAll(unnamed(constructor, null));
            }
        }
        return found;
    }

    /** The calls on an object's public methods, of those that a user types, that don't name the argument that is null. */
    public List<String> unnamedIn(Object target, Predicate<Method> typed) {
        final List<String> found = new ArrayList<>();
        for (Method method : target.getClass().getDeclaredMethods()) {
            if (isPublic(method)
                    && !Modifier.isStatic(method.getModifiers())
                    && !method.getName().equals("equals")
                    && typed.test(method)) {
                found.addAll(unnamed(method, target));
            }
        }
        return found;
    }

    private static boolean isPublic(Executable executable) {
        return Modifier.isPublic(executable.getModifiers())
                && Modifier.isPublic(executable.getDeclaringClass().getModifiers())
                && !executable.isSynthetic();
    }

    private List<String> unnamed(Executable executable, @Nullable Object target) {
        final List<String> found = new ArrayList<>();
        final Parameter[] parameters = executable.getParameters();
        for (int i = 0; i < parameters.length; i++) {
            final boolean takesNull = parameters[i].getAnnotatedType().isAnnotationPresent(Nullable.class)
                    || parameters[i].getType().isPrimitive();
            if (!takesNull) {
                calledWithout(executable, target, i).ifPresent(found::add);
            }
        }
        return found;
    }

    private Optional<String> calledWithout(Executable executable, @Nullable Object target, int missing) {
        final Parameter parameter = executable.getParameters()[missing];
        final String call = executable.getDeclaringClass().getSimpleName() + "." + executable.getName() + "(" + missing
                + " of " + executable.getParameterCount() + ", " + parameter.getName() + ")";
        final Object[] arguments = new Object[executable.getParameterCount()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = i == missing ? null : sample(executable.getParameters()[i].getType());
        }
        try {
            if (executable instanceof Method method) {
                method.invoke(target, arguments);
            } else {
                ((Constructor<?>) executable).newInstance(arguments);
            }
            return Optional.of(call + ": accepted");
        } catch (InvocationTargetException e) {
            return names(e.getCause(), parameter) ? Optional.empty() : Optional.of(call + ": " + e.getCause());
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            throw new IllegalStateException(call, e);
        }
    }

    private static boolean names(Throwable thrown, Parameter parameter) {
        final String message = Objects.requireNonNullElse(thrown.getMessage(), "");
        final boolean isOurs = thrown instanceof NullPointerException || thrown instanceof FinetuneException;
        return isOurs
                && !message.isBlank()
                && !message.startsWith("Cannot ")
                && (!parameter.isNamePresent() || message.contains(parameter.getName()));
    }

    private Object sample(Class<?> type) {
        final Object sample = samples.get(type);
        if (sample == null) {
            throw new IllegalStateException("no sample of " + type);
        }
        return sample;
    }
}
