package dev.finetune.html;

import dev.finetune.metrics.Interval;
import dev.finetune.metrics.Metrics;
import java.util.Locale;
import java.util.regex.Pattern;

/** Numbers in words. */
final class Told {
    /** Metrics from 0 to 1 that people know in percent, and averages of them. */
    private static final Pattern SHARES =
            Pattern.compile("(balanced_|top\\d_)?accuracy|(precision|recall|f1)(_\\w+)?|exact_match");

    private Told() {}

    /** In four digits, or as few as it has; very large and very small ones with a power of ten. */
    static String number(double value) {
        if (!Double.isFinite(value)) {
            return Double.isNaN(value) ? "not a number" : value > 0 ? "infinite" : "minus infinite";
        }
        final double size = Math.abs(value);
        if (value == Math.rint(value) && size < 1e6) {
            return String.format(Locale.ROOT, "%,d", (long) value);
        }
        if (size >= 1e6 || size < 1e-3) {
            return String.format(Locale.ROOT, "%.2e", value)
                    .replaceFirst("\\.?0+e", "e")
                    .replace("e-0", "e-")
                    .replace("e+0", "e")
                    .replace("e+", "e");
        }
        final int digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
        return String.format(Locale.ROOT, "%,." + digits + "f", value);
    }

    /** A number that was written with zeros that say nothing, without them. */
    static String shortly(String number) {
        return number.replaceFirst("(\\.\\d*?)0+($|[eE])", "$1$2")
                .replaceFirst("\\.($|[eE])", "$1")
                .replaceFirst("[eE]\\+?(-?)0*(\\d)", "e$1$2");
    }

    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    static String percent(double share) {
        return Double.isFinite(share) ? String.format(Locale.ROOT, "%.1f %%", 100 * share) : number(share);
    }

    static String seconds(double seconds) {
        if (seconds < 60) {
            return String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
        }
        final long all = Math.round(seconds);
        if (all < 3600) {
            return all / 60 + " min" + (all % 60 == 0 ? "" : String.format(Locale.ROOT, " %02d s", all % 60));
        }
        return all / 3600 + " h" + (all % 3600 < 60 ? "" : String.format(Locale.ROOT, " %02d min", all % 3600 / 60));
    }

    /** A metric as it is best read: shares in percent. */
    static String metric(String name, double value) {
        return SHARES.matcher(name).matches() && value >= 0 && value <= 1 ? percent(value) : number(value);
    }

    /** A metric's name as words. */
    static String name(String metric) {
        return switch (metric) {
            case "ece" -> "calibration error (ECE)";
            case "auroc" -> "AUROC";
            case "mcc" -> "Matthews' correlation";
            default -> metric.replaceFirst("^f1", "F1").replace('_', ' ');
        };
    }

    /** A metric with its interval, if it has one. */
    static String withInterval(Metrics metrics, String name) {
        return metric(name, metrics.get(name))
                + metrics.interval(name)
                        .map(interval -> " " + ends(name, interval))
                        .orElse("");
    }

    /** "(95 %: 88.1 % to 94.0 %)". */
    static String ends(String metric, Interval interval) {
        return "(95 %: " + metric(metric, interval.low()) + " to " + metric(metric, interval.high()) + ")";
    }

    /** A share of rows with Wilson's interval. */
    static String share(long right, long of) {
        if (of == 0) {
            return "none";
        }
        final Interval interval = Interval.wilson(right, of);
        return String.format(
                Locale.ROOT, "%.1f %% (%.1f to %.1f)", 100.0 * right / of, 100 * interval.low(), 100 * interval.high());
    }

    static String plural(long count, String one, String many) {
        return count(count) + " " + (count == 1 ? one : many);
    }
}
