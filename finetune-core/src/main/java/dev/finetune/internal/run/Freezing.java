package dev.finetune.internal.run;

import dev.finetune.freeze.Freeze;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What was said to be frozen.
 *
 * @param rules in the order in which they were said; later ones win
 */
record Freezing(List<FreezeRule> rules) {
    static final Freezing NOTHING = new Freezing(List.of());

    Freezing and(FreezeRule rule) {
        final List<FreezeRule> all = new ArrayList<>(rules);
        all.add(rule);
        return new Freezing(List.copyOf(all));
    }

    @Override
    public String toString() {
        final String told = rules.stream()
                .filter(rule -> !(rule.freeze() instanceof Freeze.Nothing))
                .map(FreezeRule::toString)
                .collect(Collectors.joining(", "));
        return told.isEmpty() ? "nothing" : told;
    }
}
