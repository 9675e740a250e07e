package dev.finetune.html.page;

import java.util.List;

/**
 * A section of a page.
 *
 * @param id what links to it name
 * @param title its heading
 * @param blocks what it holds
 */
public record Section(String id, String title, List<Block> blocks) {
    /** Keeps its own copy. */
    public Section {
        blocks = List.copyOf(blocks);
    }
}
