package dev.finetune.site;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The parts of all pages, for the script that searches them. */
final class SearchIndex {
    private final List<Entry> entries = new ArrayList<>();

    /**
     * A part of a page.
     *
     * @param address with the anchor
     * @param page the page's title
     * @param heading the part's heading
     * @param text what stands below it
     */
    private record Entry(String address, String page, String heading, String text) {}

    void add(Page page) {
        for (Page.Section section : page.sections()) {
            entries.add(
                    new Entry(page.address() + "#" + section.anchor(), page.title(), section.name(), section.text()));
        }
    }

    /** Writes it as a script, since pages that lie on a disk may not fetch JSON. */
    void write(Path file) throws IOException {
        Files.writeString(file, "const searchIndex = " + new Gson().toJson(entries) + ";\n");
    }
}
