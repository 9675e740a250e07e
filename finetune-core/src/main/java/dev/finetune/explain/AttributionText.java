package dev.finetune.explain;

import java.util.Locale;

/** Attributions in plain text. */
final class AttributionText {
    private static final int BAR = 20;

    private AttributionText() {}

    static String of(Attribution attribution) {
        final StringBuilder text = new StringBuilder(headline(attribution));
        final double largest = largest(attribution);
        for (Attribution.Token token : attribution.tokens()) {
            if (!token.special() || token.attribution() != 0) {
                text.append(System.lineSeparator())
                        .append(String.format(
                                Locale.ROOT,
                                "%9s %-" + BAR + "s %s",
                                signed(token.attribution()),
                                bar(token.attribution(), largest),
                                token.piece()));
            }
        }
        return text.toString();
    }

    /** Such as "positive: score 2.3412, 0.1021 from padding alone (integrated gradients ...; completeness error 0.0003)". */
    static String headline(Attribution attribution) {
        final StringBuilder line = new StringBuilder(attribution.target())
                .append(String.format(Locale.ROOT, ": score %.4f", attribution.score()));
        attribution
                .baselineScore()
                .ifPresent(baseline -> line.append(String.format(Locale.ROOT, ", of padding alone %.4f", baseline)));
        line.append(" (").append(attribution.method());
        attribution
                .completenessError()
                .ifPresent(error -> line.append(String.format(Locale.ROOT, "; completeness error %.1e", error)));
        return line.append(')').toString();
    }

    /** With its sign: "+0.3127". */
    static String signed(double value) {
        return String.format(Locale.ROOT, "%+.4f", value);
    }

    /** The largest attribution of all tokens, without its sign. */
    static double largest(Attribution attribution) {
        return attribution.tokens().stream()
                .mapToDouble(token -> Math.abs(token.attribution()))
                .max()
                .orElse(0);
    }

    private static String bar(double value, double largest) {
        final int length = largest == 0 ? 0 : (int) Math.round(BAR * Math.abs(value) / largest);
        return (value < 0 ? "-" : "+").repeat(length);
    }
}
