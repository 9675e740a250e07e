package dev.finetune.html;

import dev.finetune.html.page.Block;
import dev.finetune.html.page.Section;
import dev.finetune.internal.Warnings;
import dev.finetune.record.FitRecord;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What may be tried next: what each rule finds, in the order of the rules; from a command line in the words of its options. */
final class NextSteps {
    private static final int MOST = 6;

    private NextSteps() {}

    /** Empty where no rule finds anything. */
    static Optional<Section> section(FitRecord fit) {
        final List<Block.Step> steps = of(fit);
        return steps.isEmpty()
                ? Optional.empty()
                : Optional.of(new Section(
                        "next",
                        "What to try next",
                        List.of(new Block.Steps(steps.stream().limit(MOST).toList()))));
    }

    static List<Block.Step> of(FitRecord fit) {
        return Stream.of(Rule.values())
                .flatMap(rule ->
                        rule.finding(fit)
                                .map(finding -> new Block.Step(rule.words(), finding, Warnings.inWords(rule.advice())))
                                .stream())
                .toList();
    }
}
