package dev.finetune.examples.bench;

import java.util.List;

/**
 * A row of the speed table.
 *
 * @param name what is done
 * @param bar how many times as fast as the peer it is to be, at least
 * @param wholeProcess whether the time from a process's start to its end counts, rather than the samples a second that
 *     it prints
 * @param command ours
 * @param ours its options
 * @param script the peer's
 * @param peers its options, in several ways; the fastest of them counts
 */
record SpeedRow(
        String name,
        double bar,
        boolean wholeProcess,
        String command,
        List<String> ours,
        String script,
        List<List<String>> peers) {
    /** Work a second: samples, or whole jobs. */
    double rate(Job.Measured measured) {
        return wholeProcess
                ? 1 / measured.seconds()
                : measured.json().get("samples_per_s").getAsDouble();
    }

    /** The rate as a reader wants it: samples a second, or seconds. */
    String words(double rate) {
        return wholeProcess
                ? String.format(java.util.Locale.ROOT, "%.1f s", 1 / rate)
                : String.format(java.util.Locale.ROOT, "%.2f samples/s", rate);
    }
}
