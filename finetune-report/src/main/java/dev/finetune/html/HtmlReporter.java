package dev.finetune.html;

import dev.finetune.data.DataReport;
import dev.finetune.html.page.Markup;
import dev.finetune.html.page.Page;
import dev.finetune.html.templates.JtepageGenerated;
import dev.finetune.record.FitRecord;
import dev.finetune.record.SearchRecord;
import dev.finetune.record.TuningRecord;
import dev.finetune.spi.FitReporter;
import gg.jte.html.OwaspHtmlTemplateOutput;
import gg.jte.output.StringOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;

/** Shows fits, and what was found in data, on pages of HTML. */
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

    @Override
    public String search(SearchRecord search) {
        return html(SearchPage.of(search));
    }

    @Override
    public String tuning(TuningRecord tuning) {
        return html(TuningPage.of(tuning));
    }

    @Override
    public String check(DataReport check) {
        return html(CheckPage.of(check));
    }

    private static String html(Page page) {
        return live(page, false);
    }

    /** A page, which its script renews if it is to be renewed. */
    static String live(Page page, boolean isRenewed) {
        final StringOutput output = new StringOutput();
        JtepageGenerated.render(new OwaspHtmlTemplateOutput(output), null, page, style(), isRenewed);
        return Markup.clean(output.toString());
    }

    static String style() {
        return resource(STYLE);
    }

    /** A file beside this class. */
    static String resource(String name) {
        try (InputStream file = Objects.requireNonNull(HtmlReporter.class.getResourceAsStream(name), name)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
