package dev.finetune.examples.study;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Trains by every method on few and on many examples, with several seeds. */
final class Study<I> {
    private final FineTuner tuner;
    private final Dataset<I> pool;
    private final Dataset<I> evaluation;
    private final StudyOptions options;

    /**
     * A study.
     *
     * @param tuner the model and its head; all else by default
     * @param pool what training examples are drawn from
     * @param evaluation what every model is evaluated on
     */
    Study(FineTuner tuner, Dataset<I> pool, Dataset<I> evaluation, StudyOptions options) {
        this.tuner = tuner;
        this.pool = pool;
        this.evaluation = evaluation;
        this.options = options;
    }

    /** The same method elsewhere, on the same examples. */
    interface Elsewhere<I> {
        /** Trains and evaluates there. */
        StudyResult.Run run(
                String shots, long seed, Dataset<I> train, Dataset<I> evaluation, StudyMethod.Settings settings)
                throws IOException, InterruptedException;
    }

    /** Runs it; every accuracy is printed at once, and written to the file after each. */
    StudyResult run(List<StudyMethod> methods, Optional<Elsewhere<I>> peer) throws IOException, InterruptedException {
        final StudyResult result = new StudyResult();
        final int stages = stages();
        for (String shots : options.shots()) {
            for (long seed : options.seeds()) {
                final Dataset<I> train = drawn(shots, seed);
                final StudyMethod.Settings settings = options.settings(stages);
                for (StudyMethod method : methods) {
                    result.add(run(method, shots, seed, train, settings));
                    options.write(result);
                }
                if (peer.isPresent()) {
                    result.add(peer.get().run(shots, seed, train, evaluation, settings));
                    options.write(result);
                }
            }
        }
        return result;
    }

    private int stages() {
        try (FineTuned<I> model = tuner.untrained(pool)) {
            return model.assembly().network().stages().size();
        }
    }

    private StudyResult.Run run(
            StudyMethod method, String shots, long seed, Dataset<I> train, StudyMethod.Settings settings) {
        final long start = System.nanoTime();
        try (FineTuned<I> tuned = method.fit(tuner.seed(seed), train, settings)) {
            final double accuracy = tuned.evaluate(evaluation).get("accuracy");
            return StudyOptions.told(
                    new StudyResult.Run(shots, method.title(), seed, accuracy, (System.nanoTime() - start) / 1e9));
        }
    }

    /** So many examples of each class, or of all together where shots is "all"; others for another seed. */
    private Dataset<I> drawn(String shots, long seed) {
        final List<Example<I>> shuffled = new ArrayList<>(pool.asList());
        Collections.shuffle(shuffled, new Random(seed));
        if (shots.equals("all")) {
            final int limit = options.all() > 0 ? Math.min(options.all(), shuffled.size()) : shuffled.size();
            return Dataset.of(pool.inputType(), shuffled.subList(0, limit));
        }
        final int wanted = Integer.parseInt(shots);
        final Map<Label, Integer> counts = new LinkedHashMap<>();
        final List<Example<I>> some = shuffled.stream()
                .filter(example -> counts.merge(example.label(), 1, Integer::sum) <= wanted)
                .toList();
        counts.forEach((label, count) -> {
            if (count < wanted) {
                throw new FinetuneException("--shots " + shots + ": there are only " + count + " examples of " + label
                        + " in " + pool.describe() + ".");
            }
        });
        return Dataset.of(pool.inputType(), some);
    }
}
