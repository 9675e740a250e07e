package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which of its fits, one after the other, a process has come to, so that the second of one doesn't meet the first of others. Counted for
 * each job and place to meet, from 1. A process that was started again counts anew: those that met it before know it by that, and it
 * goes on with their number.
 */
final class Turn {
    /** This program, as long as it runs. */
    private static final String INSTANCE = UUID.randomUUID().toString();

    private static final Map<String, Turn> ALL = new ConcurrentHashMap<>();

    private final String instance;
    private final Map<Integer, String> met = new ConcurrentHashMap<>();
    private long number;

    private Turn(String instance) {
        this.instance = instance;
    }

    /** The next one of this process. */
    static Turn next(Processes self) {
        return ALL.computeIfAbsent(
                        self.job() + " " + self.masterAddress() + " " + self.masterPort() + " " + self.rank(),
                        key -> first(INSTANCE))
                .next();
    }

    /** Of a program that has not fitted yet. */
    static Turn first(String instance) {
        return new Turn(instance);
    }

    synchronized Turn next() {
        number++;
        return this;
    }

    /** Nobody came to this one, so that the next tries it again. */
    synchronized void back() {
        number--;
    }

    /**
     * What a process says of itself.
     *
     * @param number the fit that it has come to
     * @param instance its program, as long as it runs
     * @param met the program that it met last in the place of that which it speaks to; empty if there was none
     */
    record Said(long number, String instance, String met) {
        /** For who reads it. */
        String told() {
            return "fit " + number + " of its program";
        }
    }

    /** What is said to a process. */
    synchronized Said said(int rank) {
        return new Said(number, instance, met.getOrDefault(rank, ""));
    }

    /** How another process stands to this one. */
    enum Standing {
        TOGETHER,
        BEHIND,
        AHEAD
    }

    /** How a process stands; where one of both was started again, they go on together with the greater number. */
    synchronized Standing standing(int rank, Said other) {
        final String before = met.getOrDefault(rank, other.instance());
        final boolean isAnew =
                !other.met().isEmpty() && !other.met().equals(instance) || !before.equals(other.instance());
        if (isAnew) {
            number = Math.max(number, other.number());
        }
        if (isAnew || other.number() == number) {
            return Standing.TOGETHER;
        }
        return other.number() < number ? Standing.BEHIND : Standing.AHEAD;
    }

    /** Goes on with another process, which has agreed. */
    synchronized void meet(int rank, Said other) {
        met.put(rank, other.instance());
        number = Math.max(number, other.number());
    }
}
