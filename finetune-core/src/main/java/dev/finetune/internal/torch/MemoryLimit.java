package dev.finetune.internal.torch;

import dev.finetune.error.FinetuneException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.Pointer;

/**
 * How much memory the process may take, in all: Java's heap, LibTorch's tensors and what others allocate, but not pages of
 * files, which the system can drop. Looked at before each stage of a network, so that what would go beyond ends in an exception
 * rather than in the system killing the process.
 *
 * <p>{@code -Ddev.finetune.maxMemory=6g} sets it, else {@code FINETUNE_MAX_MEMORY} in the environment; by default it is 95 % of
 * what the JVM says that the machine, or the container, has. 0 is no limit.
 */
public final class MemoryLimit {
    private static final String PROPERTY = "dev.finetune.maxMemory";
    private static final String VARIABLE = "FINETUNE_MAX_MEMORY";
    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})([kmgt]?)b?");
    private static final double DEFAULT_SHARE = 0.95;

    private static volatile long limit = said();

    private MemoryLimit() {}

    /** More than the limit would be taken. */
    static final class Reached extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Reached(long taken, long wanted, long limit) {
            super("the process holds " + MemoryFailures.shown(taken) + " and would need about "
                    + MemoryFailures.shown(wanted) + " more at once, beyond the " + MemoryFailures.shown(limit)
                    + " that it may take (-D" + PROPERTY + ", by default 95 % of the machine's or the container's"
                    + " memory)");
        }
    }

    /** The limit in bytes; 0 for none. */
    public static long bytes() {
        return limit;
    }

    /** Another limit, for tests. */
    static void set(long bytes) {
        limit = bytes;
    }

    /** Whether the process may take so many bytes more. */
    static boolean allows(long wanted) {
        final long most = limit;
        return most == 0 || Pointer.physicalBytes() + wanted <= most;
    }

    /**
     * Looks whether so much more may be taken.
     *
     * @param wanted bytes
     */
    public static void check(long wanted) {
        final long most = limit;
        if (most > 0) {
            final long taken = Pointer.physicalBytes();
            if (taken + wanted > most) {
                throw new Reached(taken, wanted, most);
            }
        }
    }

    private static long said() {
        final String property = System.getProperty(PROPERTY);
        final String said = property == null ? System.getenv(VARIABLE) : property;
        return said == null || said.isBlank() ? (long) (DEFAULT_SHARE * machine()) : parsed(said);
    }

    static long parsed(String said) {
        final Matcher matcher = SIZE.matcher(said.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new FinetuneException(
                    "-D" + PROPERTY + " (or " + VARIABLE + ") must be a number of bytes with k, m, g or"
                            + " t after it, such as 6g, or 0 for no limit, but is \"" + said + "\".");
        }
        final long factor = switch (matcher.group(2)) {
            case "k" -> 1L << 10;
            case "m" -> 1L << 20;
            case "g" -> 1L << 30;
            case "t" -> 1L << 40;
            default -> 1;
        };
        return Math.multiplyExact(Long.parseLong(matcher.group(1)), factor);
    }

    private static long machine() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : 0;
    }

    /** Follows one pass through a network: what its stages took so far says what the next one will take. */
    public static final class Meter {
        private long last;
        private long most;

        /** Looks whether another stage may compute. */
        public void next() {
            final long allowed = limit;
            if (allowed == 0) {
                return;
            }
            final long now = Pointer.physicalBytes();
            most = last == 0 ? 0 : Math.max(most, now - last);
            last = now;
            if (now + most > allowed) {
                throw new Reached(now, most, allowed);
            }
        }
    }
}
