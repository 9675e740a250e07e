package dev.finetune.internal;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.NOPLoggerFactory;

/** Warns by SLF4J; where nothing is bound to it, once on standard error, so that nobody works on without a word. */
public final class Warnings {
    private static final int REMEMBERED = 1000;

    /** The newest of what was printed. */
    private static final Set<String> PRINTED =
            Collections.synchronizedSet(Collections.newSetFromMap(new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
                    return size() > REMEMBERED;
                }
            }));

    private static volatile UnaryOperator<String> words = UnaryOperator.identity();

    private Warnings() {}

    /** Says what is printed in other words, those of a command line, say. */
    public static void say(UnaryOperator<String> otherWords) {
        words = otherWords;
    }

    /** {@return a message in those words} */
    public static String inWords(String message) {
        return words.apply(message);
    }

    /** Warns of something. */
    public static void say(Logger log, String message) {
        say(log, message, false);
    }

    /** Says something that is news each time, such as how long something has taken by now. */
    public static void sayAgain(Logger log, String message) {
        PRINTED.remove(message);
        say(log, message, false);
    }

    /**
     * Warns of something that may be shown elsewhere.
     *
     * @param shown whether somebody shows it on the console already
     */
    public static void say(Logger log, String message, boolean shown) {
        log.warn(message);
        if (!shown && LoggerFactory.getILoggerFactory() instanceof NOPLoggerFactory && PRINTED.add(message)) {
            System.err.println("warning: " + words.apply(message));
        }
    }
}
