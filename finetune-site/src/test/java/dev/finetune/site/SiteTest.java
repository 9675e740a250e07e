package dev.finetune.site;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SiteTest {
    private static final Path PROJECT = Path.of("").toAbsolutePath().getParent();

    @TempDir
    private static Path folder;

    private static Path site = Path.of("");

    @BeforeAll
    static void write() throws IOException {
        site = folder.resolve("site");
        new Site(PROJECT, site).write();
    }

    @Test
    void everyLinkLeadsToAPageAndAnAnchorOrToTheJavadocOfAPublicType() throws IOException {
        final List<String> broken = Links.broken(site);

        assertThat(broken).isNotEmpty().allMatch(link -> link.contains(": api/") || link.contains("../api/"));
        for (String link : broken) {
            final String type = link.replaceFirst(".*api/", "").replaceFirst("\\.html$", ".java");
            if (!type.equals("index.java")) {
                assertThat(Api.of(PROJECT).sources()).as(link).anyMatch(source -> Files.exists(source.resolve(type)));
            }
        }
    }

    @Test
    void aLinkThatLeadsNowhereIsFound() throws IOException {
        final Path other = Files.createDirectory(folder.resolve("other"));
        Files.writeString(other.resolve("a.html"), "<a href=\"b.html\"></a><a href=\"#there\"></a><p id=\"here\"></p>");
        Files.writeString(other.resolve("b.html"), "<a href=\"a.html#here\"></a><a href=\"c.html\"></a>");

        assertThat(Links.broken(other)).containsExactly("a.html: #there", "b.html: c.html");
    }

    @Test
    void everyDocumentIsAPageThatTheNavigationNames() throws IOException {
        final String home = Files.readString(site.resolve("index.html"));
        try (Stream<Path> documents = Files.list(PROJECT.resolve("docs"))) {
            assertThat(documents.map(path -> path.getFileName().toString()).filter(name -> name.endsWith(".md")))
                    .isNotEmpty()
                    .allSatisfy(name -> {
                        final String page = name.replace(".md", ".html");
                        assertThat(site.resolve(page)).exists();
                        assertThat(home).contains("<li><a href=\"" + page + "\">");
                    });
        }
    }

    @Test
    void noPageLoadsAnythingFromTheNetwork() throws IOException {
        for (Path page : Links.pages(site)) {
            assertThat(Files.readString(page))
                    .as("%s", page)
                    .doesNotContainPattern(
                            Pattern.compile("(src=|<link[^>]*href=|url\\(|@import)\\s*[\"']?(https?:)?//"));
        }
        for (String name : List.of("site.css", "site.js")) {
            assertThat(Files.readString(site.resolve(name))).doesNotContain("://", "fetch(", "@import", "url(");
        }
    }

    @Test
    void namesInTheTextLeadToTheirJavadoc() throws IOException {
        assertThat(Files.readString(site.resolve("recipes.html")))
                .contains("href=\"api/dev/finetune/FineTuned.html\"", "href=\"api/dev/finetune/data/");
    }

    /** In a browser, as a reader searches; skipped where there is none. */
    @Test
    void searchFindsAPageByAWordOfIt() throws Exception {
        assertThat(found("stratified")).contains("href=\"recipes.html#", "tratified");
        assertThat(found("emptyDir")).contains("deployment.html#where-they-go");
        assertThat(found("nosuchwordanywhere")).contains("Nothing holds all these words.");
    }

    private static String found(String word) throws Exception {
        final Optional<Path> chromium = Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> Stream.of(System.getenv("PATH").split(":")).map(directory -> Path.of(directory, name)))
                .filter(Files::isExecutable)
                .findFirst();
        if (chromium.isEmpty()) {
            System.err.println("SKIPPED: the site isn't searched, for there is no chromium");
            Assumptions.abort("no chromium");
        }
        final Process browser = new ProcessBuilder(
                        chromium.orElseThrow().toString(),
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--user-data-dir=" + folder.resolve("profile"),
                        "--dump-dom",
                        site.resolve("index.html").toUri() + "?q=" + word)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        browser.getOutputStream().close();
        final String page = new String(browser.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        browser.waitFor();
        return page.substring(page.indexOf("<section id=\"results\""), page.indexOf("</section>"));
    }
}
