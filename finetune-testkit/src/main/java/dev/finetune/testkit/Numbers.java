package dev.finetune.testkit;

/** Compares numbers that were computed in two ways. */
public final class Numbers {
    private Numbers() {}

    /**
     * Fails unless two arrays are equally long, all numbers of the first are finite, and none is farther from its counterpart
     * than allowed.
     *
     * @param found what is tested
     * @param expected what it is compared with
     * @param tolerance the largest absolute difference that is allowed
     * @param what the numbers are, for the message
     * @throws AssertionError that says how many numbers differ, the worst of them and where it is
     */
    public static void assertClose(float[] found, float[] expected, double tolerance, String what) {
        if (found.length != expected.length) {
            throw new AssertionError(what + ": " + found.length + " numbers instead of " + expected.length);
        }
        int far = 0;
        int worst = 0;
        double largest = -1;
        for (int i = 0; i < found.length; i++) {
            final double difference = Float.isFinite(found[i]) ? Math.abs((double) found[i] - expected[i]) : Double.NaN;
            if (!(difference <= tolerance)) {
                far++;
            }
            if (Double.compare(difference, largest) > 0) { // NaN is the worst of all.
                largest = difference;
                worst = i;
            }
        }
        if (far > 0) {
            throw new AssertionError(what + ": " + far + " of " + found.length + " numbers differ by more than "
                    + tolerance + "; number " + worst + " is " + found[worst] + " instead of " + expected[worst]);
        }
    }
}
