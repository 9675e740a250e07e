package dev.finetune.search;

import dev.finetune.train.Cancellation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What a search is told, while it is being said. Copied at every call, so that a search never changes. */
final class SearchDraft {
    List<Dimension> dimensions = List.of();
    Sampler sampler = Sampler.tpe();
    Optional<Halving> halving = Optional.empty();
    int trials = 20;
    Optional<Duration> maxTime = Optional.empty();
    Optional<String> metric = Optional.empty();
    long seed = 42;
    Optional<Path> file = Optional.empty();
    int parallel = 1;
    Optional<Path> report = Optional.empty();
    Consumer<Trial> listener = any -> {};
    Cancellation cancellation = new Cancellation();

    SearchDraft copy() {
        final SearchDraft copy = new SearchDraft();
        copy.dimensions = dimensions;
        copy.sampler = sampler;
        copy.halving = halving;
        copy.trials = trials;
        copy.maxTime = maxTime;
        copy.metric = metric;
        copy.seed = seed;
        copy.file = file;
        copy.parallel = parallel;
        copy.report = report;
        copy.listener = listener;
        copy.cancellation = cancellation;
        return copy;
    }
}
