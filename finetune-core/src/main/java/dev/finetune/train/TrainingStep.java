package dev.finetune.train;

import dev.finetune.DivergedException;
import dev.finetune.internal.MemoryHelp;
import dev.finetune.internal.NonFinite;
import dev.finetune.internal.torch.DropoutMask;
import dev.finetune.internal.torch.MemoryFailures;
import dev.finetune.internal.torch.OwnProducts;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Parameter;
import dev.finetune.spi.Encoded;
import dev.finetune.spi.HostBatch;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * One optimizer step: gradients of the mean loss over its batches, then the change of the parameters. Where a loss or a gradient
 * isn't finite nothing is changed, and it is told where that began.
 */
final class TrainingStep {
    private final TrainingParts parts;
    private final StepUpdate update;
    private final List<Parameter> trained;
    private final Task task;
    private final TrainingSettings settings;
    private final BatchSource source;
    private final Device device;

    /**
     * Steps of a training.
     *
     * @param parts what it computes with (borrowed)
     * @param trained what it changes, sooner or later
     * @param source of the batches
     */
    TrainingStep(TrainingParts.Setup setup, TrainingParts parts, List<Parameter> trained, BatchSource source) {
        this.parts = parts;
        this.update = new StepUpdate(parts.optimizer, trained, setup.settings().maxGradientNorm());
        this.trained = trained;
        this.task = setup.task();
        this.settings = setup.settings();
        this.source = source;
        this.device = setup.device();
    }

    /**
     * The loss of a step, with what pulls, and the norm of its gradients before clipping.
     *
     * @param loss the mean over all that the step saw
     * @param norm global
     */
    record Result(double loss, double norm) {}

    /**
     * Which step it is.
     *
     * @param step counted from 0
     * @param epoch counted from 0
     * @param rate the learning rate
     */
    record Place(long step, int epoch, double rate) {
        /** What may help where numbers aren't finite. No rate had any part in the first step. */
        private String advice() {
            return step == 0
                    ? "No weight had been changed before, so a lower learning rate won't help: the checkpoint's weights, or"
                            + " the inputs, aren't finite, or far too large."
                    : "Try a lower learning rate, or a warm-up; the rate of this step was " + rate + ".";
        }

        @Override
        public String toString() {
            return "step " + step + " (epoch " + epoch + ")";
        }
    }

    /** Changes parameters by the gradients of the mean loss over all the batches of a step. */
    Result run(List<HostBatch> group, Place place) {
        final List<Tensor> losses = new ArrayList<>();
        try (OwnProducts own = OwnProducts.take(device.is_cpu())) {
            accumulate(group, place, losses);
            final double penalty = parts.originals.pull();
            final StepUpdate.Numbers numbers = update(losses, place, group);
            double loss = penalty;
            for (int i = 0; i < losses.size(); i++) {
                final double part = numbers.losses().get(i);
                if (!Double.isFinite(part)) {
                    throw diverged(group.get(i), part, place, seed(place.step * settings.accumulation() + i));
                }
                loss += part;
            }
            if (!Double.isFinite(numbers.norm())) {
                throw diverged(group, numbers.norm(), place);
            }
            return new Result(loss, numbers.norm());
        } finally {
            losses.forEach(Tensor::close);
        }
    }

    /** Adds gradients batch by batch, and what each batch adds to the step's loss to {@code losses}; the caller owns them. */
    private void accumulate(List<HostBatch> group, Place place, List<Tensor> losses) {
        final double weight = group.stream().mapToDouble(task::weight).sum();
        for (int i = 0; i < group.size(); i++) {
            final HostBatch host = group.get(i);
            try (Batch batch = new Batch(host, device)) {
                losses.add(parts.pass.start(batch, weight, seed(place.step * settings.accumulation() + i)));
            } catch (RuntimeException | OutOfMemoryError e) {
                throw MemoryFailures.translate(
                        "Step " + place.step + ", " + source.describe(host),
                        e,
                        () -> MemoryHelp.training(host, settings));
            }
        }
    }

    private StepUpdate.Numbers update(List<Tensor> losses, Place place, List<HostBatch> group) {
        try {
            return update.apply(losses, place.rate);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw MemoryFailures.translate(
                    "The update of step " + place.step, e, () -> MemoryHelp.training(group.get(0), settings));
        }
    }

    private DivergedException diverged(HostBatch host, double loss, Place place, long seed) {
        final Optional<NonFinite.Found> found;
        try (Batch batch = new Batch(host, device)) {
            found = parts.plain.findNonFinite(batch, seed);
        }
        return new DivergedException("The loss became " + loss + " at " + place + ", on " + source.describe(host) + ". "
                + found.map(at -> at.place() + rows(host, at.rows()) + ". ")
                        .orElse("What the layers give is finite, but not the loss: labels of a regression that are not"
                                + " finite, or too large, do it. ")
                + place.advice());
    }

    /** What of a batch it began with. */
    private String rows(HostBatch host, List<Integer> rows) {
        if (rows.isEmpty()) {
            return "";
        }
        final List<Encoded> some = rows.stream().map(host.rows()::get).toList();
        return " (it began with " + source.describe(new HostBatch(Map.of(), some)) + ")";
    }

    private DivergedException diverged(List<HostBatch> group, double norm, Place place) {
        final List<Encoded> all =
                group.stream().flatMap(batch -> batch.rows().stream()).toList();
        final String what =
                "The norm of the gradients became " + norm + " at " + place + ", though the loss is finite, on "
                        + source.describe(new HostBatch(Map.of(), all)) + "; the weights are as they were before it. ";
        return new DivergedException(what
                + spoiledGradient()
                        .map(told -> told + ". ")
                        .orElse("Each gradient is finite, but together they are too large. ")
                + place.advice());
    }

    /** The gradients of what is closest to the loss are computed first. */
    private Optional<String> spoiledGradient() {
        for (int i = trained.size() - 1; i >= 0; i--) {
            final Parameter parameter = trained.get(i);
            final Optional<String> spoiled = Gradients.spoiled(parameter);
            if (spoiled.isPresent()) {
                return spoiled.map(
                        told -> "On the way back from the loss the first gradient that isn't finite is that of "
                                + parameter.name() + ": " + told);
            }
        }
        return Optional.empty();
    }

    private long seed(long batch) {
        return DropoutMask.mix(settings.seed() ^ DropoutMask.mix(batch + 1));
    }
}
