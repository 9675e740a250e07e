package dev.finetune.search;

import dev.finetune.search.Candidates.Candidate;
import java.time.Duration;

/**
 * Where time suffices for hardly more than one training: the settings as they are and the rate of a range test learn for a
 * tenth of the time each, and the one with the lower validation loss has the rest. If that is less than two passes over the
 * data, the head alone is tried before.
 */
final class Race {
    private static final double SHARE = 0.1;
    /** Where there is time for fewer passes over the data, the head alone, which takes one, is tried too. */
    private static final int FEW_PASSES = 2;

    private static final int FEWEST_STEPS = 10;
    private static final double SHARE_OF_HEAD = 0.6;

    private final TimeBudget time;
    private final Candidates candidates;
    private final Comparison comparison;
    private final Entrants entrants;

    /** Trains those that take part. */
    interface Entrants {
        /** Trains for as long as it wants to, but no longer than the time that is left. */
        Tried enter(Candidate candidate);

        /** Trains no longer than this. */
        Tried enter(Candidate candidate, Duration longest);
    }

    Race(TimeBudget time, Candidates candidates, Comparison comparison, Entrants entrants) {
        this.time = time;
        this.candidates = candidates;
        this.comparison = comparison;
        this.entrants = entrants;
    }

    /** On how many rows each of two learns that have a tenth of the time. */
    static double rows(TimeBudget time) {
        return SHARE * time.left() / time.secondsPerRow();
    }

    /**
     * Runs it.
     *
     * @param affordable rows that each of the two learns on, {@link #rows(TimeBudget)}
     * @param rows of the training data
     * @param batchSize rows in a step
     * @return whether it was run: not where the range test finds no other rate, or where a tenth of the time is too short
     */
    boolean run(double affordable, int rows, int batchSize) {
        if (!candidates.differ() || affordable < FEWEST_STEPS * batchSize) {
            return false;
        }
        final Duration longest = time.share((int) Math.round(0.5 / SHARE)); // Twice its share.
        final Tried asSet = entrants.enter(candidates.asSetWithin(affordable), longest);
        if (time.isCancelled()) {
            return true;
        }
        comparison.race();
        final Tried other = entrants.enter(candidates.shortened(affordable), longest);
        final boolean otherWins = isAhead(other, asSet);
        final Meter measured = (otherWins ? other : asSet).meter();
        if (time.rowsLeft(measured, rows) < FEW_PASSES * rows) {
            candidates
                    .headOnly()
                    .filter(head -> measured.secondsOfRow() * head.cost() < SHARE_OF_HEAD * time.left())
                    .ifPresent(head -> entrants.enter(head, time.share(2)));
        }
        final double rest = time.rowsLeft(measured, rows);
        if (rest > affordable) {
            entrants.enter(otherWins ? candidates.shortened(rest) : candidates.asSetWithin(rest));
        }
        return true;
    }

    private static boolean isAhead(Tried other, Tried asSet) {
        return other.attempt().loss() < asSet.attempt().loss()
                || Double.isNaN(asSet.attempt().loss());
    }
}
