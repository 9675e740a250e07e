package dev.finetune.lm.template;

import dev.finetune.error.FinetuneException;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A template that was read, to be rendered any number of times, by several threads at once if need be. */
public final class Template {
    private final String name;
    private final Statements.Body body;
    private final Set<String> hidden;
    private final boolean generates;

    private Template(String name, Parser.Parsed parsed, boolean generates) {
        this.name = name;
        this.body = parsed.body();
        this.hidden = parsed.hidden();
        this.generates = generates;
    }

    /**
     * Reads a template.
     *
     * @param name what errors call it
     * @param text its source
     * @return the template
     * @throws FinetuneException naming the line, if it isn't a template or has something that this engine lacks
     */
    public static Template of(String name, String text) {
        try {
            boolean generates = Lexer.tokens(text).stream().anyMatch(token -> token.isName("endgeneration"));
            return new Template(name, Parser.parse(text), generates);
        } catch (PlacedProblem e) {
            throw failure(name, e.line(), e);
        } catch (StackOverflowError e) {
            throw failure(name, 1, new TemplateProblem("it is nested too deep"));
        }
    }

    /** {@return whether the template itself says what the assistant wrote, by {@code {% generation %}} blocks} */
    public boolean generates() {
        return generates;
    }

    /**
     * Renders the template.
     *
     * @param variables by name: null, truth values, numbers, strings, lists, and maps of strings to such
     * @param clock what time it is, for strftime_now
     * @param tracked whether the places of generation blocks are wanted
     * @return the text
     * @throws FinetuneException naming the line, if the template refuses the variables, does something that Python would fail
     *     at, or goes on for too long
     */
    public Rendered render(Map<String, ? extends @Nullable Object> variables, Clock clock, boolean tracked) {
        Run run = new Run(clock, tracked);
        Output out = new Output(run, false);
        try {
            Map<String, Object> values = new HashMap<>();
            variables.forEach((variable, value) -> values.put(variable, Values.of(value)));
            Scope scope = Scope.of(run, values).inner(hidden);
            body.run(scope, out);
            return new Rendered(out.text(), run.spans());
        } catch (TemplateProblem e) {
            throw failure(name, run.line(), e);
        } catch (StackOverflowError e) {
            throw failure(name, run.line(), new TemplateProblem("it is nested too deep"));
        }
    }

    private static FinetuneException failure(String name, int line, RuntimeException e) {
        return new FinetuneException(name + ", line " + line + ": " + e.getMessage() + ".", e);
    }
}
