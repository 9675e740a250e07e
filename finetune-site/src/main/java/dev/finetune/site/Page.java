package dev.finetune.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.CustomNode;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.Heading;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Paragraph;
import org.commonmark.node.SoftLineBreak;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/**
 * A document in Markdown, as GitHub reads it.
 *
 * @param file where it lies
 * @param address its page's address on the site
 * @param title its first heading
 * @param sections its headings, with the text below each
 * @param root what was parsed
 */
record Page(Path file, String address, String title, List<Section> sections, Node root) {
    private static final TablesExtension TABLES = (TablesExtension) TablesExtension.create();
    private static final Parser PARSER =
            Parser.builder().extensions(List.of(TABLES)).build();

    /**
     * A heading and what stands below it.
     *
     * @param heading where it stands
     * @param level 1 for the title
     * @param name its text
     * @param anchor what a link names after {@code #}, as on GitHub
     * @param text what stands between it and the next heading
     */
    record Section(Heading heading, int level, String name, String anchor, String text) {}

    static Page read(Path file, String address) throws IOException {
        final Node root = PARSER.parse(Files.readString(file));
        final List<Section> sections = new ArrayList<>();
        for (Node node = root.getFirstChild(); node != null; node = node.getNext()) {
            if (node instanceof Heading heading) {
                final String name = text(heading);
                sections.add(new Section(heading, heading.getLevel(), name, anchor(name, sections), below(heading)));
            }
        }
        if (sections.isEmpty()) {
            throw new IOException(file + " has no heading to be called by");
        }
        return new Page(file, address, sections.get(0).name(), sections, root);
    }

    private static String anchor(String name, List<Section> before) {
        final String plain = name.toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-');
        final long equal = before.stream()
                .filter(section -> section.anchor().replaceFirst("-\\d+$", "").equals(plain))
                .count();
        return equal == 0 ? plain : plain + "-" + equal;
    }

    private static String below(Heading heading) {
        final StringBuilder text = new StringBuilder();
        for (Node node = heading.getNext(); node != null && !(node instanceof Heading); node = node.getNext()) {
            text.append(text(node)).append(' ');
        }
        return text.toString().replaceAll("\\s+", " ").strip();
    }

    /** What a reader sees of a node, without marks. */
    private static String text(Node node) {
        final StringBuilder text = new StringBuilder();
        node.accept(new AbstractVisitor() {
            @Override
            public void visit(Text found) {
                text.append(found.getLiteral());
            }

            @Override
            public void visit(Code found) {
                text.append(found.getLiteral());
            }

            @Override
            public void visit(Paragraph found) {
                visitChildren(found);
                text.append(' ');
            }

            /** Cells of tables, among others. */
            @Override
            public void visit(CustomNode found) {
                visitChildren(found);
                text.append(' ');
            }

            @Override
            public void visit(FencedCodeBlock found) {
                text.append(found.getLiteral());
            }

            @Override
            public void visit(SoftLineBreak found) {
                text.append(' ');
            }
        });
        return text.toString();
    }

    /** The targets of the links below a heading. */
    List<String> linksBelow(String name) {
        final List<String> targets = new ArrayList<>();
        final Section section = sections.stream()
                .filter(found -> found.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(file + " has no part \"" + name + "\""));
        for (Node node = section.heading().getNext(); node != null; node = node.getNext()) {
            node.accept(new AbstractVisitor() {
                @Override
                public void visit(Link link) {
                    targets.add(link.getDestination());
                }
            });
        }
        return targets;
    }

    /**
     * {@return the page's content}
     *
     * @param links where a target of the document lies on the site
     * @param names where a name in the text is described, or an empty string
     */
    String html(UnaryOperator<String> links, Function<String, String> names) {
        final Map<Node, String> anchors = new HashMap<>();
        sections.forEach(section -> anchors.put(section.heading(), section.anchor()));
        root.accept(new AbstractVisitor() {
            @Override
            public void visit(Link link) {
                link.setDestination(links.apply(link.getDestination()));
            }

            @Override
            public void visit(Image image) {
                image.setDestination(links.apply(image.getDestination()));
                visitChildren(image);
            }

            @Override
            public void visit(Code code) {
                final String address = names.apply(code.getLiteral());
                if (!address.isEmpty()) {
                    final Link link = new Link(address, null);
                    code.insertBefore(link);
                    link.appendChild(code);
                }
            }
        });
        return HtmlRenderer.builder()
                .extensions(List.of(TABLES))
                .escapeHtml(true)
                .attributeProviderFactory(context -> (node, tag, attributes) -> {
                    if (node instanceof Heading) {
                        attributes.put("id", anchors.getOrDefault(node, ""));
                    } else if (tag.equals("pre")) {
                        attributes.put("tabindex", "0");
                    }
                })
                .build()
                .render(root)
                .replace("<table>", "<div class=\"scroll\" tabindex=\"0\"><table>")
                .replace("</table>", "</table></div>");
    }
}
