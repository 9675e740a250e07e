package dev.finetune.html.page;

import java.util.List;

/**
 * A page.
 *
 * @param title its heading
 * @param subtitle a line below it
 * @param overview what stands above the table of contents
 * @param sections in order
 * @param footer the last line
 */
public record Page(String title, String subtitle, List<Block> overview, List<Section> sections, String footer) {
    /** Keeps its own copies. */
    public Page {
        overview = List.copyOf(overview);
        sections = List.copyOf(sections);
    }
}
