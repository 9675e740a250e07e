package dev.finetune.internal;

import java.io.Console;
import java.lang.reflect.InvocationTargetException;
import org.jspecify.annotations.Nullable;

/** Whether what is printed goes to a terminal that somebody watches. */
public final class Terminal {
    private Terminal() {}

    /** Whether a line of System.out can be drawn over: a terminal that can move its cursor, and no build server. */
    public static boolean isWatched() {
        final String kind = System.getenv("TERM");
        final boolean moves = kind == null ? isWindows() : !kind.equals("dumb");
        return moves && System.getenv("CI") == null && isTerminal(System.console());
    }

    private static boolean isWindows() {
        return System.getProperty("os.name", "").startsWith("Windows");
    }

    /** Before Java 22 there is a console only on a terminal; since then there may always be one, which knows. */
    private static boolean isTerminal(@Nullable Console console) {
        if (console == null || Runtime.version().feature() < 22) {
            return console != null;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
            return false;
        }
    }
}
