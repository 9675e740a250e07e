package dev.finetune.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** Pages that show files to which documents link, such as samples. */
final class Sources {
    private static final String FOLDER = "source/";

    private final Path project;
    private final Path directory;
    private final List<Page> pages;

    Sources(Path project, Path directory, List<Page> pages) {
        this.project = project;
        this.directory = directory;
        this.pages = pages;
    }

    /**
     * {@return the address of a file's page on the site}
     *
     * @param name the file's name from the project's directory, with slashes
     * @param folder whether it is a directory
     */
    static String address(String name, boolean folder) {
        return FOLDER + name + (folder ? "/index.html" : ".html");
    }

    /** Writes a page for each file, and for each directory a list of its files, with their pages. */
    void write(Set<Path> linked) throws IOException {
        for (Path path : linked) {
            if (Files.isDirectory(path)) {
                writeFolder(path);
            } else {
                writeFile(path);
            }
        }
    }

    private void writeFolder(Path folder) throws IOException {
        final StringBuilder list = new StringBuilder();
        try (Stream<Path> found = Files.walk(folder)) {
            for (Path file : found.filter(Files::isRegularFile).sorted().toList()) {
                final String name = folder.relativize(file).toString().replace('\\', '/');
                if (!name.startsWith("target/")) {
                    writeFile(file);
                    list.append("<li><a href=\"")
                            .append(name)
                            .append(".html\">")
                            .append(Layout.escaped(name))
                            .append("</a></li>\n");
                }
            }
        }
        write(folder, true, "<ul>\n" + list + "</ul>\n");
    }

    private void writeFile(Path file) throws IOException {
        write(file, false, "<pre tabindex=\"0\"><code>" + Layout.escaped(Files.readString(file)) + "</code></pre>\n");
    }

    private void write(Path path, boolean folder, String content) throws IOException {
        final String name = project.relativize(path).toString().replace('\\', '/');
        final String address = address(name, folder);
        final String up =
                "../".repeat((int) address.chars().filter(sign -> sign == '/').count());
        final Path page = directory.resolve(address);
        Files.createDirectories(Objects.requireNonNull(page.getParent()));
        Files.writeString(page, new Layout(pages, up).page(name, "<h1>" + Layout.escaped(name) + "</h1>\n" + content));
    }
}
