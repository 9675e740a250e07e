package dev.finetune.spark;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkEnv;

/**
 * Native code takes all cores of a machine unless it is told; an executor is given some of them. Said before the natives load, and
 * only where the user says nothing.
 */
final class ExecutorThreads {
    private static final String PROPERTY = "dev.finetune.threads";
    private static final Pattern CORES = Pattern.compile("--cores (\\d+)");

    private ExecutorThreads() {}

    static synchronized void limit() {
        final SparkEnv env = SparkEnv.get();
        if (env == null
                || env.executorId().equals("driver")
                || System.getProperty(PROPERTY) != null
                || System.getenv("FINETUNE_THREADS") != null) {
            return;
        }
        cores(env.conf().getInt("spark.executor.cores", 0), System.getProperty("sun.java.command", ""))
                .ifPresent(cores -> System.setProperty(PROPERTY, String.valueOf(cores)));
    }

    /** What the settings say, or the executor's own command line, where a standalone cluster writes it. */
    static OptionalInt cores(int said, String command) {
        if (said > 0) {
            return OptionalInt.of(said);
        }
        final Matcher found = CORES.matcher(command);
        return found.find() ? OptionalInt.of(Integer.parseInt(found.group(1))) : OptionalInt.empty();
    }
}
