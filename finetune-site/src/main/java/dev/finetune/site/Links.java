package dev.finetune.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The links of pages. */
final class Links {
    private static final Pattern REFERENCE = Pattern.compile("(?:href|src)=\"([^\"]*)\"");

    private Links() {}

    /** {@return the links that lead nowhere, each with its page} Javadoc's own pages aren't looked at. */
    static List<String> broken(Path site) throws IOException {
        final List<String> broken = new ArrayList<>();
        for (Path page : pages(site)) {
            final Matcher references = REFERENCE.matcher(Files.readString(page));
            while (references.find()) {
                final String reference = references.group(1);
                if (!reference.startsWith("https://") && !leadsSomewhere(page, reference)) {
                    broken.add(site.relativize(page) + ": " + reference);
                }
            }
        }
        return broken;
    }

    /** {@return the pages of the site, but for Javadoc's} */
    static List<Path> pages(Path site) throws IOException {
        try (Stream<Path> files = Files.walk(site)) {
            return files.filter(file -> file.toString().endsWith(".html"))
                    .filter(file -> !file.startsWith(site.resolve(Api.FOLDER)))
                    .sorted()
                    .toList();
        }
    }

    private static boolean leadsSomewhere(Path page, String reference) throws IOException {
        final String[] parts = reference.split("#", 2);
        final Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]);
        return Files.isRegularFile(target)
                && (parts.length == 1 || Files.readString(target).contains(" id=\"" + parts[1] + "\""));
    }
}
