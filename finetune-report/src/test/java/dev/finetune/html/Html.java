package dev.finetune.html;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** Reads pages as XML, which says whether they are well formed. */
final class Html {
    private Html() {}

    static Document parsed(String page) {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(page)));
        } catch (ParserConfigurationException | SAXException | IOException e) {
            throw new AssertionError(page.substring(0, Math.min(500, page.length())), e);
        }
    }

    /** All elements of a name below another, in order. */
    static List<Element> all(Element below, String name) {
        final List<Element> all = new ArrayList<>();
        final NodeList nodes = below.getElementsByTagName(name);
        for (int i = 0; i < nodes.getLength(); i++) {
            all.add((Element) nodes.item(i));
        }
        return all;
    }

    static List<Element> all(String page, String name) {
        return all(parsed(page).getDocumentElement(), name);
    }

    /** The words of a page, without what the style says. */
    static String text(String page) {
        return all(page, "body").get(0).getTextContent().replaceAll("\\s+", " ");
    }
}
