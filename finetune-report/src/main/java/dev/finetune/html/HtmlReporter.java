package dev.finetune.html;

import dev.finetune.html.page.Markup;
import dev.finetune.html.page.Page;
import dev.finetune.html.templates.JtepageGenerated;
import dev.finetune.record.FitRecord;
import dev.finetune.spi.FitReporter;
import gg.jte.html.OwaspHtmlTemplateOutput;
import gg.jte.output.StringOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;

/** Shows fits on pages of HTML. */
public final class HtmlReporter implements FitReporter {
    private static final String STYLE = "style.css";

    @Override
    public String page(FitRecord fit) {
        return html(FitPage.of(fit));
    }

    @Override
    public String comparison(Map<String, FitRecord> fits) {
        return html(ComparisonPage.of(fits));
    }

    private static String html(Page page) {
        final StringOutput output = new StringOutput();
        JtepageGenerated.render(new OwaspHtmlTemplateOutput(output), null, page, style());
        return Markup.clean(output.toString());
    }

    private static String style() {
        try (InputStream file = Objects.requireNonNull(HtmlReporter.class.getResourceAsStream(STYLE), STYLE)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
