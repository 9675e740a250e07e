package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Network;
import dev.finetune.task.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.bytedeco.pytorch.Device;

/**
 * Tries a training out on a few of its batches, to tell what the whole would take. It trains the network, which is to be thrown
 * away afterwards.
 */
public final class Rehearsal {
    /** How long steps are measured. */
    private static final double SECONDS = 10;

    private static final int FEWEST_STEPS = 4;
    private static final int MOST_STEPS = 200;
    private static final int WARM_UP_STEPS = 3;

    private final Network network;
    private final Task task;
    private final TrainingSettings settings;
    private final Device device;
    private final Cancellation cancellation;

    /**
     * Of a training that is to come.
     *
     * @param network on the device (borrowed); its weights change
     * @param task what it is trained for
     * @param settings what the loop obeys
     * @param device where batches go (borrowed)
     * @param cancellation asks it to stop
     */
    public Rehearsal(Network network, Task task, TrainingSettings settings, Device device, Cancellation cancellation) {
        this.network = Objects.requireNonNull(network, "network");
        this.task = Objects.requireNonNull(task, "task");
        this.settings = Objects.requireNonNull(settings, "settings");
        this.device = Objects.requireNonNull(device, "device");
        this.cancellation = Objects.requireNonNull(cancellation, "cancellation");
    }

    /**
     * What is to be done.
     *
     * @param plan what listeners are told in the beginning
     * @param stepsPerEpoch optimizer steps of an epoch; 0 where that isn't known (streams)
     * @param evaluations how often it would be evaluated, if nothing stops it; 0 where there is no data to evaluate on, -1 where
     *     that isn't known (at each end of a stream)
     * @param maxTime after which training would stop, if it isn't over by then
     * @param warnings what the training would warn of before its first step
     */
    public record Planned(
            TrainingListener.Plan plan,
            long stepsPerEpoch,
            long evaluations,
            Optional<Duration> maxTime,
            List<String> warnings) {
        /** Keeps its own copy of the warnings. */
        public Planned {
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * The first step, made of the longest rows.
     *
     * @param step what it did
     * @param seconds how long it took, in a process that may have computed nothing before
     * @param againSeconds how long the second one took, of the same rows; where outputs of frozen stages are kept, it reads them
     * @param evaluation of a batch of the longest rows to evaluate on, after that step and another; empty where there are none
     * @param warnings what it warned of
     */
    public record FirstStep(
            StepReport step, double seconds, double againSeconds, Optional<Metrics> evaluation, List<String> warnings) {
        /** Keeps its own copy of the warnings. */
        public FirstStep {
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * What parts of a training take.
     *
     * @param startSeconds what the first step takes beyond what it would later: code isn't compiled yet, threads and memory aren't there
     * @param stepSeconds what a step takes on average, epoch by epoch; the last one's goes for all epochs after it
     * @param firstEvaluationSeconds what the first evaluation takes; not a number where there is none, or of a stream
     * @param evaluationSeconds what each evaluation after it takes
     * @param keptBytes how much memory is taken by what frozen stages gave, which is kept, beyond what was measured
     */
    public record Costs(
            double startSeconds,
            List<Double> stepSeconds,
            double firstEvaluationSeconds,
            double evaluationSeconds,
            long keptBytes) {
        /** Keeps its own copy of the seconds. */
        public Costs {
            stepSeconds = List.copyOf(stepSeconds);
            if (stepSeconds.isEmpty()) {
                throw new IllegalArgumentException(
                        "stepSeconds is empty: there is what at least one epoch's steps take");
            }
        }
    }

    /**
     * {@return what is to be done} Nothing is computed.
     *
     * @param training the batches to train on
     * @param validation the batches to evaluate on, if any
     * @throws FinetuneException if nothing is to be trained, or the settings don't fit the data
     */
    public Planned plan(BatchSource training, Optional<BatchSource> validation) {
        final List<String> warnings = new ArrayList<>();
        final List<TrainingListener.Plan> told = new ArrayList<>();
        final TrainingListener listener = new TrainingListener() {
            @Override
            public void started(Plan started) {
                told.add(started);
            }

            @Override
            public void warned(String message) {
                warnings.add(message);
            }
        };
        try (TrainingRun run = TrainingRun.open(setup(listener), training, validation)) {
            final OptionalLong batches = training.batchesPerEpoch();
            final TrainingListener.Plan plan = told.get(0);
            final long total = plan.steps();
            return new Planned(
                    plan,
                    batches.isPresent() ? TotalSteps.perEpoch(settings, batches.getAsLong()) : 0,
                    validation.isPresent() ? evaluations(total, batches) : 0,
                    settings.maxTime(),
                    warnings);
        }
    }

    private long evaluations(long total, OptionalLong batches) {
        if (batches.isEmpty() && settings.evaluation().everySteps() == 0) {
            return -1;
        }
        return PlanCheck.evaluations(settings, total, batches.orElse(total));
    }

    /**
     * Makes two steps of the longest rows (the second has all that an optimizer keeps beside it), and evaluates a batch of the
     * longest rows. Layers that would unfreeze later are trained at once, and gradients of embeddings are of all rows, for so they take
     * the most memory.
     *
     * @param planned what is to be done
     * @param training the batches to train on
     * @param validation the batches to evaluate on, if any
     * @return what the first step did
     * @throws FinetuneException where training would fail so: if memory doesn't suffice, or a loss isn't a finite number
     */
    public FirstStep firstStep(Planned planned, BatchSource training, Optional<BatchSource> validation) {
        final int accumulate = accumulated(training);
        final StepClock clock = new StepClock(1, () -> 0);
        final List<StepReport> steps = train(
                        settings.preservation(settings.preservation().unfreezingAtOnce())
                                .execution(settings.execution().rowGradients(false)),
                        accumulate,
                        planned,
                        clock,
                        PartOfRows.longest(training, 2 * accumulate),
                        validation.map(rows -> PartOfRows.longest(rows, 1)),
                        store())
                .steps();
        final List<Double> seconds = clock.seconds(0);
        return new FirstStep(
                steps.get(0), seconds.get(0), seconds.get(seconds.size() - 1), clock.metrics(), clock.warnings());
    }

    /**
     * Measures what steps and evaluations take, for some 10 seconds, but at least four steps of each epoch that differs from the
     * one before.
     *
     * @param planned what is to be done
     * @param made what {@link #firstStep} did
     * @param training the batches to train on
     * @param validation the batches to evaluate on, if any
     * @return what they take
     * @throws FinetuneException where training fails
     */
    public Costs costs(Planned planned, FirstStep made, BatchSource training, Optional<BatchSource> validation) {
        final int accumulate = accumulated(training);
        final int epochs = epochsThatDiffer(planned, training, validation);
        final StepClock warmUp = new StepClock(1, () -> 0);
        final TrainingSettings ofPart =
                settings.keepBest(Optional.empty()); // Copying the weights is no part of evaluating.
        train(
                ofPart,
                accumulate,
                planned,
                warmUp,
                PartOfRows.spread(training, WARM_UP_STEPS * accumulate),
                Optional.empty(),
                store());
        final List<Double> first = warmUp.seconds(0);
        final double step = first.get(first.size() - 1);
        final int wanted = (int) Math.max(FEWEST_STEPS, Math.min(MOST_STEPS, SECONDS / (epochs * step))) * accumulate;
        final PartOfRows part = PartOfRows.spread(training, wanted);
        final Optional<PartOfRows> evaluated = validation.map(rows -> PartOfRows.spread(
                rows,
                Math.max(
                        2,
                        wanted
                                * settings.batchSize().rows()
                                / settings.evaluation().batchSize())));
        final FrozenOutputStore kept = store();
        final StepClock clock = new StepClock(epochs, kept::bytes);
        train(ofPart, accumulate, planned, clock, part, evaluated, kept);
        final List<Double> stepSeconds = new ArrayList<>();
        for (int epoch = 0; epoch < epochs && !clock.seconds(epoch).isEmpty(); epoch++) {
            stepSeconds.add(ofStep(part, accumulate, clock.seconds(epoch), epoch == 0 ? 1 : 0, planned));
        }
        final double times = evaluated.map(PartOfRows::timesAsMuch).orElse(Double.NaN);
        final List<Double> evaluations = clock.evaluations();
        final double longest =
                PartOfRows.longest(training, accumulate).costOfAll() / part.costOfAll() * planned.stepsPerEpoch();
        return new Costs(
                start(made, stepSeconds.get(0) * (Double.isFinite(longest) ? Math.max(1, longest) : 1)),
                stepSeconds,
                evaluations.get(0) * times,
                evaluations.get(evaluations.size() - 1) * times,
                beyond(planned, clock, part.timesAsMuch(), times));
    }

    /**
     * What the first step took beyond one that comes later. The second one tells, unless it read what was kept of frozen stages.
     *
     * @param later what a step of such rows takes later, in an epoch in which nothing is kept yet
     */
    static double start(FirstStep made, double later) {
        return Math.max(0, made.seconds() - Math.max(made.againSeconds(), later));
    }

    /** What is kept in memory beyond what was measured: of rows that come again so many times as much. */
    private static long beyond(Planned planned, StepClock clock, double timesOfTraining, double timesOfValidation) {
        final long ofTraining = clock.bytesAfterSteps();
        final long ofValidation = clock.bytes() - ofTraining;
        final double all = (planned.plan().steps() > planned.stepsPerEpoch() ? ofTraining * timesOfTraining : 0)
                + (planned.evaluations() > 1 ? ofValidation * timesOfValidation : 0);
        return (long) Math.max(0, Math.min(FrozenOutputStore.MEMORY_BYTES, all) - clock.bytes());
    }

    /**
     * With frozen outputs kept, and with files that are read once, all epochs after the first are alike; while stages unfreeze,
     * none is like the one before.
     */
    private int epochsThatDiffer(Planned planned, BatchSource training, Optional<BatchSource> validation) {
        final boolean keeps = settings.execution().keepFrozenOutputs() && network.frozenStages() > 0;
        final boolean evaluatesFaster = keeps
                && planned.evaluations() > 1
                && validation.filter(BatchSource::repeatsRows).isPresent();
        if (planned.stepsPerEpoch() == 0) {
            return evaluatesFaster ? 2 : 1;
        }
        final double all = Math.ceil(planned.plan().steps() / (double) planned.stepsPerEpoch());
        final double perStage = settings.preservation().gradualUnfreezing();
        final boolean trainsFaster = keeps && training.repeatsRows() || PartOfRows.readsFiles(training);
        final double differing = (trainsFaster ? 2 : 1)
                + Math.ceil(perStage * (perStage > 0 ? new LayerwiseRates(network).stages() : 0));
        return (int) Math.max(Math.min(all, differing), evaluatesFaster ? 2 : 1);
    }

    /** How many batches a step has: no more than an epoch. */
    private int accumulated(BatchSource training) {
        return (int) Math.min(
                settings.optimization().accumulate(), training.batchesPerEpoch().orElse(Long.MAX_VALUE));
    }

    /** Seconds of a step of average cost; the first ones of a run are left out where there are others. */
    private double ofStep(PartOfRows part, int accumulate, List<Double> seconds, int leftOut, Planned planned) {
        final int from = seconds.size() > leftOut ? leftOut : 0;
        final double measured = seconds.subList(from, seconds.size()).stream()
                .mapToDouble(d -> d)
                .sum();
        if (Double.isNaN(part.costOfAll()) || planned.stepsPerEpoch() == 0) {
            return measured / (seconds.size() - from);
        }
        final long batches = part.batchesPerEpoch().getAsLong();
        long cost = 0;
        for (long batch = (long) from * accumulate;
                batch < Math.min(batches, (long) seconds.size() * accumulate);
                batch++) {
            cost += part.cost((int) batch);
        }
        return measured / cost * part.costOfAll() / planned.stepsPerEpoch();
    }

    private TrainingHistory train(
            TrainingSettings said,
            int accumulate,
            Planned planned,
            StepClock clock,
            PartOfRows training,
            Optional<? extends BatchSource> validation,
            FrozenOutputStore kept) {
        final TrainingSettings accumulating =
                said.optimization(said.optimization().accumulate(accumulate));
        final long perEpoch =
                TotalSteps.perEpoch(accumulating, training.batchesPerEpoch().orElseThrow());
        final TrainingSettings ofPart = accumulating
                .maxSteps(Math.max(planned.plan().steps(), clock.epochs() * perEpoch))
                .evaluation(settings.evaluation().everySteps(0))
                .maxTime(Optional.empty())
                .earlyStopping(Optional.empty());
        final TrainingHistory history = new Trainer(network, task, ofPart, device, clock, cancellation, () -> kept)
                .train(training, validation.map(BatchSource.class::cast));
        if (cancellation.isRequestedHere()) {
            throw new FinetuneException(
                    "The description, or the dry run, was cancelled before it was known what training takes.");
        }
        return history;
    }

    private static FrozenOutputStore store() {
        return new FrozenOutputStore(FrozenOutputStore.MEMORY_BYTES, warning -> {});
    }

    private TrainingParts.Setup setup(TrainingListener listener) {
        return new TrainingParts.Setup(
                network,
                task,
                settings,
                device,
                listener,
                cancellation,
                Rehearsal::store,
                Checkpointing.NONE,
                Agreement.ALONE);
    }
}
