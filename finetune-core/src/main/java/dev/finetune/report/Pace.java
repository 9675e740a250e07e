package dev.finetune.report;

/** Says when somebody who waits should be told again: soon, and then less and less often, by time rather than by steps. */
final class Pace {
    private static final double FIRST = 3;
    private static final double SECOND = 10;
    private static final double GROWTH = 1.5;
    private static final double LONGEST = 60;

    private double due = FIRST;
    private double interval = SECOND;

    /**
     * Whether it is time; if so, the next time is later.
     *
     * @param seconds since the beginning
     */
    boolean isDue(double seconds) {
        if (seconds < due) {
            return false;
        }
        due = seconds + interval;
        interval = Math.min(LONGEST, interval * GROWTH);
        return true;
    }

    /** Something else was said: the next time is an interval from now. */
    void restart(double seconds) {
        due = Math.max(due, seconds + interval);
    }
}
