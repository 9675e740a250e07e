package dev.finetune.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Markdown document as its readers see it: its fenced blocks, its links and the anchors of its headings.
 *
 * @param path the file
 * @param lines its lines
 */
record Document(Path path, List<String> lines) {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

    /**
     * A fenced block.
     *
     * @param language what follows the opening fence
     * @param line the number of its first line, counted from 1
     * @param heading the heading above it
     * @param lines what it holds
     */
    record Block(String language, int line, String heading, List<String> lines) {}

    static Document read(Path path) throws IOException {
        return new Document(path, Files.readAllLines(path));
    }

    /** Its name, such as {@code recipes.md}. */
    String name() {
        return String.valueOf(path.getFileName());
    }

    /** The blocks in a language, in order. */
    List<Block> blocks(String language) {
        return blocks().stream()
                .filter(block -> block.language().equals(language))
                .toList();
    }

    private List<Block> blocks() {
        final List<Block> blocks = new ArrayList<>();
        String heading = "";
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith("#")) {
                heading = lines.get(i).replaceFirst("#+ ", "");
            } else if (lines.get(i).startsWith("```")) {
                final int start = i + 1;
                i = start;
                while (!lines.get(i).equals("```")) {
                    i++;
                }
                blocks.add(new Block(lines.get(start - 1).substring(3), start + 1, heading, lines.subList(start, i)));
            }
        }
        return blocks;
    }

    /** The targets of its links. */
    List<String> links() {
        return LINK.matcher(String.join("\n", lines))
                .results()
                .map(link -> link.group(1))
                .toList();
    }

    /** What a link can name after {@code #}: each heading in lower case, blanks as hyphens, without punctuation. */
    Set<String> anchors() {
        final Set<String> anchors = new TreeSet<>();
        for (String line : lines) {
            final Matcher heading = Pattern.compile("#+ (.*)").matcher(line);
            if (heading.matches()) {
                anchors.add(heading.group(1)
                        .toLowerCase(java.util.Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'));
            }
        }
        return anchors;
    }
}
