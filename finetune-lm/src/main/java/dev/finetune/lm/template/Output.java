package dev.finetune.lm.template;

/** What is written so far: the text itself, or that of a macro or a block that is captured. */
final class Output {
    private final StringBuilder text = new StringBuilder();
    private final Run run;
    private final boolean captured;

    Output(Run run, boolean captured) {
        this.run = run;
        this.captured = captured;
    }

    void write(String more) {
        run.size(more.length());
        if (text.length() + (long) more.length() > Run.MOST_CHARACTERS) {
            throw new TemplateProblem("the text has more than " + Run.MOST_CHARACTERS + " characters");
        }
        text.append(more);
    }

    /** Whether this is not the text itself. */
    boolean captured() {
        return captured;
    }

    int length() {
        return text.length();
    }

    String text() {
        return text.toString();
    }
}
