package dev.finetune.fuzz;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The target that Jazzer calls, by its conventions. Its arguments are classes of {@link FuzzedReaders}, or one and a reader
 * of it; of several readers, an input's first byte says which one it is for.
 */
public final class Fuzz {
    private static List<FuzzCheck> checks = List.of();

    private Fuzz() {}

    /** Called once. */
    public static void fuzzerInitialize(String[] arguments) throws IOException {
        final List<FuzzCheck> all = new ArrayList<>();
        for (FuzzedReader reader : readers(arguments)) {
            all.add(new FuzzCheck(reader));
        }
        checks = all;
        Runtime.getRuntime().addShutdownHook(new Thread(() -> all.forEach(System.out::println)));
    }

    /** Called for every input. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (checks.size() == 1) {
            checks.get(0).check(input);
        } else if (input.length > 0) {
            checks.get((input[0] & 0xff) % checks.size()).check(Arrays.copyOfRange(input, 1, input.length));
        }
    }

    /** The readers that arguments name. */
    static List<FuzzedReader> readers(String... arguments) throws IOException {
        final List<FuzzedReader> named = new ArrayList<>();
        for (String argument : arguments) {
            final int colon = argument.indexOf(':');
            final String type = colon < 0 ? argument : argument.substring(0, colon);
            make(type).readers().stream()
                    .filter(reader -> colon < 0 || reader.name().equals(argument.substring(colon + 1)))
                    .forEach(named::add);
        }
        if (named.isEmpty()) {
            throw new IllegalArgumentException("No readers: " + Arrays.toString(arguments));
        }
        return named;
    }

    private static FuzzedReaders make(String type) {
        try {
            return Class.forName(type)
                    .asSubclass(FuzzedReaders.class)
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(type + " names no readers", e);
        }
    }
}
