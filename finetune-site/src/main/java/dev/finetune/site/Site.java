package dev.finetune.site;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Makes a static site of README.md, what it links to, and the Javadoc: {@code Site PROJECT DIRECTORY}. Pages hold all that they
 * need, so that they can be read from a disk. A link that leads nowhere fails it.
 */
public final class Site {
    private final Path project;
    private final Path directory;
    private final Api api;

    Site(Path project, Path directory) throws IOException {
        this.project = project.toAbsolutePath().normalize();
        this.directory = directory.toAbsolutePath().normalize();
        this.api = Api.of(this.project);
    }

    /**
     * Makes the site, with the Javadoc, which is read with the class path of this process.
     *
     * @param arguments the project's directory, and where the site goes
     * @throws IOException if a file can't be read or written
     */
    public static void main(String[] arguments) throws IOException {
        final Site site = new Site(Path.of(arguments[0]), Path.of(arguments[1]));
        site.write();
        site.api.write(site.directory.resolve(Api.FOLDER));
        final List<String> broken = Links.broken(site.directory);
        if (!broken.isEmpty()) {
            throw new IOException("links that lead nowhere: " + broken);
        }
        System.out.println(site.directory.resolve("index.html"));
    }

    /** Writes all but the Javadoc. */
    void write() throws IOException {
        Files.createDirectories(directory);
        final List<Page> pages = pages();
        final SearchIndex index = new SearchIndex();
        final Set<Path> linked = new LinkedHashSet<>();
        for (Page page : pages) {
            Files.writeString(
                    directory.resolve(page.address()), new Layout(pages, "").page(page, render(page, linked)));
            index.add(page);
        }
        new Sources(project, directory, pages).write(linked);
        index.write(directory.resolve("search-index.js"));
        copy("site.css");
        copy("site.js");
        copyPictures();
    }

    private String render(Page page, Set<Path> linked) {
        return page.html(target -> address(page, target, linked), api::address);
    }

    /** README.md, and the pages that it names at its end, in that order. */
    private List<Page> pages() throws IOException {
        final Page readme = Page.read(project.resolve("README.md"), "index.html");
        final List<Page> pages = new ArrayList<>(List.of(readme));
        for (String target : readme.linksBelow("Where to look next")) {
            if (target.endsWith(".md")) {
                final Path file = project.resolve(target);
                final String name = Objects.requireNonNull(file.getFileName()).toString();
                pages.add(Page.read(file, name.replace(".md", ".html").toLowerCase(java.util.Locale.ROOT)));
            }
        }
        return pages;
    }

    /** Where a link of a document leads on the site. */
    private String address(Page page, String target, Set<Path> linked) {
        if (target.startsWith("https://") || target.startsWith("#")) {
            return target;
        }
        final String[] parts = target.split("#", 2);
        final Path file = page.file().resolveSibling(parts[0]).normalize();
        final String anchor = parts.length == 1 ? "" : "#" + parts[1];
        final String name = project.relativize(file).toString().replace('\\', '/');
        if (name.startsWith("docs/images/")) {
            return name.substring("docs/".length());
        }
        if (name.equals("README.md")) {
            return "index.html" + anchor;
        }
        if (name.endsWith(".md") && (name.startsWith("docs/") || !name.contains("/"))) {
            return Objects.requireNonNull(file.getFileName())
                            .toString()
                            .replace(".md", ".html")
                            .toLowerCase(java.util.Locale.ROOT)
                    + anchor;
        }
        linked.add(file);
        return Sources.address(name, Files.isDirectory(file));
    }

    private void copy(String resource) throws IOException {
        try (InputStream in = Objects.requireNonNull(Site.class.getResourceAsStream(resource), resource)) {
            Files.write(directory.resolve(resource), in.readAllBytes());
        }
    }

    private void copyPictures() throws IOException {
        final Path pictures = project.resolve("docs/images");
        if (Files.isDirectory(pictures)) {
            Files.createDirectories(directory.resolve("images"));
            try (var files = Files.list(pictures)) {
                for (Path file : files.toList()) {
                    Files.write(
                            directory.resolve("images").resolve(Objects.requireNonNull(file.getFileName())),
                            Files.readAllBytes(file));
                }
            }
        }
    }
}
