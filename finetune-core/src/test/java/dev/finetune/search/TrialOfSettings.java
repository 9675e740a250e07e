package dev.finetune.search;

import dev.finetune.FineTuner;
import dev.finetune.search.AutoResult.Attempt;
import dev.finetune.search.Candidates.Candidate;
import dev.finetune.train.Cancellation;
import java.time.Duration;
import java.util.List;

/** What automatic tuning's parts are tested with: attempts that nobody trained, and a clock that stands until it is moved. */
final class TrialOfSettings {
    final Cancellation cancellation = new Cancellation();
    private long now;

    void pass(double seconds) {
        now += (long) (seconds * 1e9);
    }

    TimeBudget budget(int seconds) {
        return new TimeBudget(Duration.ofSeconds(seconds), cancellation, () -> now);
    }

    Meter meter() {
        return new Meter(() -> now, 0);
    }

    static Tried tried(String name, double value, double loss, double... places) {
        return new Tried(
                new Attempt(name, "to try " + name, value, loss, 1),
                new Candidate(name, "to try " + name, FineTuner.from("model"), 100, true),
                java.util.Arrays.stream(places).boxed().toList(),
                List.of(),
                1,
                new Meter(() -> 0, 0));
    }
}
