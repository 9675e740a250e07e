import dev.finetune.html.HtmlReporter;
import dev.finetune.spi.FitReporter;

/** Shows fits on pages of HTML, while they go on, too: what {@code FineTuner.report} and {@code Reports} need. */
module dev.finetune.report {
    requires transitive dev.finetune.core;
    requires gg.jte.runtime;
    requires jdk.httpserver; // Serves the page of a fit that goes on.
    requires static java.compiler; // What marks generated templates as such.
    requires static org.jspecify;

    exports dev.finetune.live;

    provides FitReporter with
            HtmlReporter;
}
