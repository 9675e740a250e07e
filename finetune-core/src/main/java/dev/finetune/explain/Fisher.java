package dev.finetune.explain;

/** The hypergeometric distribution of errors among some of the rows, for Fisher's exact test. */
final class Fisher {
    private final double[] logFactorials;

    /** For samples out of so many rows. */
    Fisher(int rows) {
        logFactorials = new double[rows + 1];
        for (int i = 2; i <= rows; i++) {
            logFactorials[i] = logFactorials[i - 1] + Math.log(i);
        }
    }

    /**
     * {@return how probable it is that so many errors or more fall among some of the rows, if all fall anywhere alike}
     *
     * @param errors among them
     * @param some how many rows they are
     * @param allErrors among all rows
     */
    double atLeast(int errors, int some, int allErrors) {
        final int rows = logFactorials.length - 1;
        final double all = choices(rows, allErrors);
        double sum = 0;
        for (int k = Math.max(errors, some + allErrors - rows); k <= Math.min(some, allErrors); k++) {
            sum += Math.exp(choices(some, k) + choices(rows - some, allErrors - k) - all);
        }
        return Math.min(1, sum);
    }

    private double choices(int of, int taken) {
        return logFactorials[of] - logFactorials[taken] - logFactorials[of - taken];
    }
}
