package dev.finetune.bert.text.definition;

/** How long a text may be for all regular expressions of a tokenizer to end; Oniguruma gives up, and the process with it. */
final class RegexBudget {
    /** How often Oniguruma goes back within one match before it gives up (ONIG_RETRY_LIMIT_IN_MATCH). */
    private static final long RETRIES = 10_000_000;

    private static final long MOST_WAYS = 10_000;

    private long longest = Integer.MAX_VALUE;

    /**
     * Takes a pattern: {@code {"String": text}} or {@code {"Regex": regular expression}}.
     *
     * @param replaced whether something is put in the place of what is found: where that is nothing, at the start of a text, the
     *     library loses count of the places and ends the process at the next step
     */
    void take(Step step, boolean replaced) {
        Step pattern = Step.of(step.source(), step.place() + ".pattern", step.get("pattern"));
        if (pattern.json().size() != 1) {
            throw step.refusal("pattern", "expected {\"String\": ...} or {\"Regex\": ...}");
        }
        if (pattern.json().has("String")) {
            if (pattern.text("String").isEmpty()) {
                throw pattern.refusal("String", "an empty text is found everywhere");
            }
            return;
        }
        String regex = pattern.text("Regex");
        RegexCost cost;
        try {
            cost = RegexCost.of(regex);
        } catch (RegexCost.Unbounded e) {
            throw pattern.refusal("Regex", String.valueOf(e.getMessage()));
        }
        if (regex.isEmpty() || cost.degree() > 1 || cost.ways() > MOST_WAYS) {
            throw pattern.refusal("Regex", "the regular expression may take time without end on some text");
        }
        if (replaced && !cost.width()) {
            throw pattern.refusal("Regex", "it may find nothing and put something in its place");
        }
        if (cost.degree() == 1) {
            longest = Math.min(longest, RETRIES / cost.ways());
        }
    }

    int longestText() {
        return (int) longest;
    }
}
