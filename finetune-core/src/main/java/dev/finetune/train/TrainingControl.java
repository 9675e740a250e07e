package dev.finetune.train;

import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Parameter;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a listener may ask of the training that it watches ({@link TrainingListener#attached}). Requests may come from any thread;
 * the training obeys after the step under way.
 */
public final class TrainingControl {
    private static final StackWalker CALLERS = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private final AtomicReference<@Nullable String> stoppedBy = new AtomicReference<>();
    private final AtomicBoolean evaluation = new AtomicBoolean();
    private final Map<String, String> settings;
    private final List<Parameter> trained;
    private final Thread thread = Thread.currentThread();
    private volatile double rateFactor = 1;
    private volatile boolean isRateSaid;
    private volatile boolean hasEnded;

    /** Of a training that begins on this thread, with its settings in words and the parameters that it trains. */
    TrainingControl(Map<String, String> settings, List<Parameter> trained) {
        this.settings = Map.copyOf(settings);
        this.trained = List.copyOf(trained);
    }

    /** {@return the settings that differ from the defaults, and the model and its head, by name, in words} */
    public Map<String, String> settings() {
        return settings;
    }

    /**
     * Reads the weights that are trained, one parameter after the other, as they are now: from within a listener's method only,
     * while nothing changes them.
     *
     * @param reader is given a parameter's dotted name and its numbers in row-major order, a copy
     * @throws IllegalStateException if it is called by another thread than the one that trains, or when training is over
     */
    public void readWeights(BiConsumer<String, float[]> reader) {
        Objects.requireNonNull(reader, "reader");
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException("Weights can be read by the thread that trains only, within a listener's"
                    + " method: another one would find them half changed.");
        }
        if (hasEnded) {
            throw new IllegalStateException("This training is over: its weights are those of the model that it gave.");
        }
        for (Parameter parameter : trained) {
            reader.accept(parameter.name(), Tensors.floats(parameter.value()));
        }
    }

    /**
     * Asks to stop after the step under way, as {@link Cancellation} does: what was learned is kept. The history's end is then
     * {@link TrainingHistory.End#STOPPED}, and it names the class that called this first.
     */
    public void stop() {
        stoppedBy.compareAndSet(null, CALLERS.getCallerClass().getName());
    }

    /**
     * Asks for an evaluation after the step under way, beside those that the settings want. Does nothing but report the
     * training loss where there is no validation data. Asked for together with {@link #stop}, it comes first.
     */
    public void evaluateNow() {
        evaluation.set(true);
    }

    /**
     * Multiplies the learning rate of all steps to come, whatever the schedule says; not on top of an earlier factor, but in its
     * place. A checkpoint keeps it.
     *
     * @param factor above 0; 1, the default, for the schedule's own rate
     * @throws dev.finetune.error.FinetuneException if it isn't a positive number
     */
    public void scaleLearningRate(double factor) {
        Range.check(factor > 0 && Double.isFinite(factor), "scaleLearningRate(...)", factor, "a number above 0");
        rateFactor = factor;
        isRateSaid = true;
    }

    boolean isStopped() {
        return stoppedBy.get() != null;
    }

    /** The class that asked to stop first. */
    Optional<String> stoppedBy() {
        return Optional.ofNullable(stoppedBy.get());
    }

    /** Whether an evaluation was asked for since this was called last. */
    boolean takesEvaluation() {
        return evaluation.getAndSet(false);
    }

    double rateFactor() {
        return rateFactor;
    }

    /** What was said since training began comes after what a checkpoint says. */
    void restore(double factor) {
        rateFactor = isRateSaid ? rateFactor : factor;
    }

    /** Training is over. */
    void end() {
        hasEnded = true;
    }
}
