package dev.finetune.search;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.error.DivergedException;
import dev.finetune.error.FinetuneException;
import dev.finetune.error.OutOfMemoryException;
import dev.finetune.internal.Failures;
import dev.finetune.metrics.MetricOrder;
import dev.finetune.metrics.Metrics;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of a search: takes trial after trial, trains it, records it. */
final class SearchRun {
    private static final Logger LOG = LoggerFactory.getLogger(Search.class);

    private final FineTuner tuner;
    private final SearchDraft settings;
    private final Function<FineTuner, FineTuned<?>> fit;
    private final Journal journal;
    private final Optional<SearchPage> page;
    private final String metric;
    private final Proposals proposals;
    private final Leaderboard board;
    private final Set<Integer> ended;
    private final long start = System.nanoTime();

    /** Guarded by this. */
    private int next;

    private volatile boolean failed;
    private volatile boolean interrupted;

    SearchRun(
            FineTuner tuner,
            SearchDraft settings,
            MetricOrder order,
            Function<FineTuner, FineTuned<?>> fit,
            Journal journal,
            Optional<SearchPage> page) {
        this.tuner = tuner;
        this.settings = settings;
        this.fit = fit;
        this.journal = journal;
        this.page = page;
        this.metric = order.metric();
        this.proposals = new Proposals(settings.sampler, settings.dimensions, settings.seed);
        this.board = new Leaderboard(order, journal.trials());
        this.ended = journal.trials().stream().map(Trial::number).collect(Collectors.toSet());
    }

    SearchResult run() {
        if (settings.parallel == 1) {
            work();
        } else {
            workTogether();
        }
        show();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        final List<Trial> trials = board.trials();
        if (!trials.isEmpty() && trials.stream().allMatch(trial -> trial.state() == Trial.State.FAILED)) {
            throw new FinetuneException("All " + trials.size() + " trials failed, trial "
                    + trials.get(0).number() + " because: " + trials.get(0).reason()
                    + (settings.file.isPresent()
                            ? " Remove their lines from " + settings.file.get() + " to run them again."
                            : ""));
        }
        return new SearchResult(board.metric(), trials, tuner, settings.dimensions);
    }

    private void workTogether() {
        final ExecutorService pool = Executors.newFixedThreadPool(settings.parallel, task -> {
            final Thread thread = new Thread(task, "finetune-search");
            thread.setDaemon(true);
            return thread;
        });
        try {
            final List<Future<?>> workers = new ArrayList<>();
            for (int i = 0; i < settings.parallel; i++) {
                workers.add(pool.submit(this::work));
            }
            @Nullable Throwable failure = null;
            for (Future<?> worker : workers) { // All of them: nothing may train on once the search has ended.
                final Throwable thrown = await(worker);
                failure = failure == null ? thrown : failure;
            }
            Failures.rethrow(failure);
        } finally {
            pool.shutdown();
        }
    }

    /**
     * Waits for a worker; where the thread is interrupted, for what is under way to stop, as if it were cancelled.
     *
     * @return what it threw, if it did
     */
    private @Nullable Throwable await(Future<?> worker) {
        while (true) {
            try {
                worker.get();
                return null;
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                return e.getCause();
            }
        }
    }

    private void work() {
        try {
            Optional<Proposal> proposal = take();
            while (proposal.isPresent()) {
                train(proposal.get()).ifPresent(this::end);
                proposal = take();
            }
        } catch (RuntimeException | Error e) {
            failed = true;
            throw e;
        }
    }

    /** The folder of a trial's checkpoints. */
    static String folder(int trial) {
        return "trial-" + trial;
    }

    /** A trial to be made. */
    private record Proposal(int number, List<Double> places) {}

    private synchronized Optional<Proposal> take() {
        while (ended.contains(next)) {
            next++;
        }
        final boolean late = settings.maxTime.isPresent()
                && System.nanoTime() - start >= settings.maxTime.get().toNanos();
        if (next >= settings.trials || late || stopped()) {
            return Optional.empty();
        }
        final Proposal proposal = new Proposal(next, proposals.next(next, board.ranked()));
        next++;
        return Optional.of(proposal);
    }

    private boolean stopped() {
        return failed || interrupted || settings.cancellation.isRequestedHere();
    }

    private synchronized void end(Trial trial) {
        journal.add(trial);
        tuner.checkpoints()
                .ifPresent(all ->
                        Checkpoints.remove(all.within(folder(trial.number())).directory()));
        board.add(trial);
        LOG.info(
                "Trial {} {} with {} {}: {} {}",
                trial.number(),
                trial.state(),
                metric,
                trial.value(),
                trial.settings(),
                trial.reason());
        show();
        settings.listener.accept(trial);
    }

    private void show() {
        page.ifPresent(file -> file.write(
                tuner,
                settings,
                board.metric(),
                board.trials().stream()
                        .sorted(Leaderboard.ranking(board.metric()))
                        .toList()));
    }

    /** Trains a trial; empty where the search was stopped meanwhile. */
    private Optional<Trial> train(Proposal proposal) {
        FineTuner changed = tuner;
        final Map<String, String> shown = new LinkedHashMap<>();
        for (int i = 0; i < settings.dimensions.size(); i++) {
            final Dimension dimension = settings.dimensions.get(i);
            changed = dimension.apply(changed, proposal.places.get(i));
            shown.put(dimension.name(), dimension.show(proposal.places.get(i)));
        }
        final Optional<Checkpoints> checkpoints = tuner.checkpoints().map(all -> all.within(folder(proposal.number)));
        if (checkpoints.isPresent()) {
            changed = changed.checkpoints(checkpoints.get().resume());
        }
        final Referee referee = new Referee();
        final long begun = System.nanoTime();
        Trial.State state = Trial.State.DIVERGED;
        Map<String, Double> metrics = Map.of();
        double value = Double.NaN;
        String reason = "";
        try (FineTuned<?> tuned = fit.apply(changed.listener(referee).cancellation(referee.cancellation))) {
            if (stopped()) {
                return Optional.empty();
            }
            state = tuned.history().orElseThrow().end().isByRequest() ? Trial.State.STOPPED : Trial.State.FINISHED;
            metrics = numbers(tuned.evaluation());
            value = tuned.evaluation().get(metric);
            reason = state == Trial.State.STOPPED ? referee.reason : "";
        } catch (DivergedException e) {
            reason = e.getMessage();
        } catch (OutOfMemoryException e) {
            state = Trial.State.FAILED; // Other settings may need less.
            reason = String.valueOf(e.getMessage());
        } catch (FinetuneException e) {
            if (stopped()) {
                return Optional.empty(); // It was interrupted before its first step.
            }
            throw e;
        }
        return Optional.of(new Trial(
                proposal.number,
                shown,
                proposal.places,
                state,
                value,
                referee.rungs,
                metrics,
                (System.nanoTime() - begun) / 1e9,
                reason));
    }

    private static Map<String, Double> numbers(Metrics metrics) {
        final Map<String, Double> numbers = new LinkedHashMap<>();
        metrics.names().forEach(name -> numbers.put(name, metrics.get(name)));
        return numbers;
    }

    /** Watches a trial: stops it where it is worse than others, or where the search is stopped. */
    private final class Referee implements TrainingListener {
        private final Cancellation cancellation = new Cancellation();
        private final Map<Integer, Double> rungs = new LinkedHashMap<>();
        private int evaluations;
        private String reason = TrainingHistory.End.STOPPED.words();

        @Override
        public void stepped(StepReport report) {
            if (stopped()) {
                cancellation.cancel();
            }
        }

        @Override
        public void resumed(Path checkpoint, long step, List<EpochReport> before) {
            before.forEach(this::evaluated);
        }

        @Override
        public void evaluated(EpochReport report) {
            evaluations++;
            if (settings.halving.isPresent()
                    && report.validation().isPresent()
                    && settings.halving.get().isRung(evaluations)) {
                final double value = report.validation().get().get(metric);
                rungs.put(evaluations, value);
                if (!board.goesOn(settings.halving.get(), evaluations, value)) {
                    reason = "after evaluation " + evaluations + " its " + metric + " of "
                            + String.format(Locale.ROOT, "%.4f", value) + " wasn't among the best 1/"
                            + settings.halving.get().factor() + " of the trials that had come there";
                    cancellation.cancel();
                }
            }
        }
    }
}
