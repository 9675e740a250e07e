package dev.finetune.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Attributions as HTML: the texts as they are, with a background for each token. */
final class AttributionHtml {
    /** The share of the largest attribution from which on a token's own is written beside it. */
    private static final double TOLD = 0.1;

    private static final double DEEPEST = 0.55;
    private static final String FOR = "31,119,180";
    private static final String AGAINST = "255,127,14";

    private final StringBuilder html = new StringBuilder();
    private final double largest;

    private AttributionHtml(double largest) {
        this.largest = largest;
    }

    static String of(Attribution attribution) {
        final AttributionHtml writer = new AttributionHtml(AttributionText.largest(attribution));
        writer.write(attribution);
        return writer.html.toString();
    }

    /** A part of a text and what its tokens add up to. */
    private record Part(int start, int end, double attribution) {}

    private void write(Attribution attribution) {
        html.append("<div class=\"attribution\" style=\"line-height:2\">");
        html.append("<p style=\"margin:0;line-height:1.4\"><strong>")
                .append(escaped(attribution.target()))
                .append("</strong>")
                .append(escaped(AttributionText.headline(attribution)
                        .substring(attribution.target().length())))
                .append("</p>");
        for (int i = 0; i < attribution.texts().size(); i++) {
            html.append("<p style=\"margin:0;white-space:pre-wrap;overflow-wrap:anywhere\">");
            write(attribution.texts().get(i), parts(attribution, i));
            html.append("</p>");
        }
        html.append("</div>");
    }

    /** Tokens that share characters, as the bytes of one do, are one part. */
    private static List<Part> parts(Attribution attribution, int text) {
        final List<Part> parts = new ArrayList<>();
        for (Attribution.Token token : attribution.tokens()) {
            if (!token.special() && token.text() == text) {
                final Part last = parts.isEmpty() ? new Part(0, 0, 0) : parts.get(parts.size() - 1);
                if (token.start() >= last.end) {
                    parts.add(new Part(token.start(), token.end(), token.attribution()));
                } else {
                    parts.set(
                            parts.size() - 1,
                            new Part(
                                    last.start,
                                    Math.max(last.end, token.end()),
                                    last.attribution + token.attribution()));
                }
            }
        }
        return parts;
    }

    private void write(String text, List<Part> parts) {
        int at = 0;
        for (Part part : parts) {
            html.append(escaped(text.substring(at, part.start)));
            write(text.substring(part.start, part.end), part.attribution);
            at = part.end;
        }
        if (at < text.length()) {
            html.append(escaped(text.substring(at)));
        }
    }

    private void write(String piece, double attribution) {
        final double share = largest == 0 ? 0 : Math.abs(attribution) / largest;
        final String signed = AttributionText.signed(attribution);
        html.append("<span title=\"")
                .append(signed)
                .append(String.format(
                        Locale.ROOT,
                        "\" style=\"background:rgba(%s,%.3f);border-radius:.2em\">",
                        attribution < 0 ? AGAINST : FOR,
                        DEEPEST * Math.min(1, share)))
                .append(escaped(piece));
        if (share >= TOLD) {
            html.append("<sub style=\"font-size:.65em\">")
                    .append(String.format(Locale.ROOT, "%+.2g", attribution).replace('-', '\u2212'))
                    .append("</sub>");
        }
        html.append("</span>");
    }

    /** Text as it stands in an element or an attribute. */
    static String escaped(String text) {
        final StringBuilder escaped = new StringBuilder(text.length() + 16);
        for (int at = 0; at < text.length(); ) {
            final int character = text.codePointAt(at);
            at += Character.charCount(character);
            switch (character) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                case '\n', '\r', '\t' -> escaped.append((char) character);
                default ->
                    escaped.appendCodePoint(
                            Character.isISOControl(character) || Character.getType(character) == Character.SURROGATE
                                    ? '\uFFFD'
                                    : character);
            }
        }
        return escaped.toString();
    }
}
