import dev.finetune.html.HtmlReporter;
import dev.finetune.spi.FitReporter;

/** Shows fits on pages of HTML: what {@code FineTuner.report} and {@code Reports} need. */
module dev.finetune.report {
    requires transitive dev.finetune.core;
    requires gg.jte.runtime;
    requires static java.compiler; // What marks generated templates as such.
    requires static org.jspecify;

    provides FitReporter with
            HtmlReporter;
}
