package dev.finetune.site;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What is around the content of every page.
 *
 * @param pages all pages, in the order of the navigation
 * @param up the way from the page to the site's top folder, such as "../"
 */
record Layout(List<Page> pages, String up) {
    /** A document's page. */
    String page(Page page, String content) {
        return html(page.title(), page.address(), content, onThisPage(page));
    }

    /** A page that isn't in the navigation. */
    String page(String title, String content) {
        return html(title, "", content, "");
    }

    private static String onThisPage(Page page) {
        final List<Page.Section> parts =
                page.sections().stream().filter(section -> section.level() == 2).toList();
        if (parts.size() < 2) {
            return "";
        }
        return parts.stream()
                .map(section -> "<li><a href=\"#" + section.anchor() + "\">" + escaped(section.name()) + "</a></li>\n")
                .collect(Collectors.joining(
                        "",
                        "<nav class=\"parts\" aria-label=\"On this page\">\n<h2>On this page</h2>\n<ul>\n",
                        "</ul>\n</nav>\n"));
    }

    private String html(String title, String current, String content, String parts) {
        final String links = pages.stream()
                .map(page -> "<li><a href=\"" + up + page.address() + "\""
                        + (page.address().equals(current) ? " aria-current=\"page\"" : "") + ">" + escaped(page.title())
                        + "</a></li>\n")
                .collect(Collectors.joining());
        return """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <title>%s</title>
                <link rel="stylesheet" href="%ssite.css">
                <script defer src="%ssearch-index.js"></script>
                <script defer src="%ssite.js" id="script" data-up="%s"></script>
                </head>
                <body>
                <a class="skip" href="#content">Skip to the content</a>
                <header>
                <a class="home" href="%sindex.html">Finetune</a>
                <form id="search" role="search" hidden>
                <label for="query">Search</label>
                <input id="query" type="search" name="q" autocomplete="off">
                </form>
                </header>
                <section id="results" aria-label="What was found" aria-live="polite" hidden></section>
                <div class="columns">
                <nav class="pages" aria-label="Pages">
                <details open>
                <summary>Pages</summary>
                <ul>
                %s<li><a href="%s%s/index.html">Javadoc</a></li>
                </ul>
                </details>
                </nav>
                <main id="content">
                %s</main>
                %s</div>
                </body>
                </html>
                """.formatted(
                        escaped(title.equals("Finetune") ? title : title + " - Finetune"),
                        up,
                        up,
                        up,
                        up,
                        up,
                        links,
                        up,
                        Api.FOLDER,
                        content,
                        parts);
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
