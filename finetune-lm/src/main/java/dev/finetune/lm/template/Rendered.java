package dev.finetune.lm.template;

import java.util.List;

/**
 * What a template renders to.
 *
 * @param text the text
 * @param generated where the text of generation blocks stands in it, in order; empty where it was not asked for
 */
public record Rendered(String text, List<Span> generated) {
    /**
     * A part of the text.
     *
     * @param start where it starts, in UTF-16 units
     * @param end where it ends (exclusive)
     */
    public record Span(int start, int end) {}
}
