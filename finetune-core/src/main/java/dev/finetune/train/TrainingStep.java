package dev.finetune.train;

import dev.finetune.batch.BatchShape;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.error.DivergedException;
import dev.finetune.error.OutOfMemoryException;
import dev.finetune.internal.Seeds;
import dev.finetune.internal.torch.CudaGraphs;
import dev.finetune.internal.torch.FreedBlocks;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.internal.torch.MemoryFailures;
import dev.finetune.internal.torch.OwnProducts;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Network;
import dev.finetune.nn.NonFinite;
import dev.finetune.nn.Parameter;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

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
    private final Network network;
    private final boolean inParts;
    private final Portions portions;
    private final Consumer<String> warn;
    private final Agreement agreement;
    private final long seed;
    private Pass pass;

    /**
     * Steps of a training.
     *
     * @param parts what it computes with (borrowed)
     * @param trained what it changes, sooner or later
     * @param source of the batches
     */
    TrainingStep(TrainingParts.Setup setup, TrainingParts parts, List<Parameter> trained, BatchSource source) {
        this.parts = parts;
        this.update = new StepUpdate(
                parts.optimizer, trained, setup.settings().optimization().maxGradientNorm());
        this.trained = trained;
        this.task = setup.task();
        this.settings = setup.settings();
        this.source = source;
        this.device = setup.device();
        this.network = setup.network();
        this.inParts = settings.batchSize().inParts();
        this.portions = new Portions(source, network.buffers().isEmpty() ? 1 : 2);
        this.warn = setup.listener()::warned;
        this.agreement = setup.agreement();
        this.seed = agreement.seed(settings.seed());
        this.pass = parts.pass;
    }

    /**
     * The loss of a step, with what pulls, and the norm of its gradients before clipping.
     *
     * @param loss the mean over all that the step saw, in all processes
     * @param norm global; not finite where the step changed nothing, as gradients didn't fit into float16
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
        private String advice(HalfPrecision half) {
            final String range = half == HalfPrecision.FLOAT16
                    ? "float16 holds no number beyond 65,504; bfloat16 and float32 do. "
                    : "";
            return range
                    + (step == 0
                            ? "No weight had been changed before, so a lower learning rate won't help: the checkpoint's"
                                    + " weights, or"
                                    + " the inputs, aren't finite, or far too large."
                            : "Try a lower learning rate, or a warm-up; the rate of this step was " + rate + ".");
        }

        @Override
        public String toString() {
            return "step " + (step + 1) + " (epoch " + (epoch + 1) + ")";
        }
    }

    /** What is computed at once, a batch or a part of one, with the seed of all that is random in it. */
    private record Piece(HostBatch host, boolean whole, long seed) {}

    /** Changes parameters by the gradients of the mean loss over all the batches of a step. */
    Result run(List<HostBatch> group, Place place) {
        final List<Tensor> losses = new ArrayList<>();
        final double weight =
                agreement.sum(group.stream().mapToDouble(task::weight).sum());
        try (OwnProducts own = OwnProducts.take(device.is_cpu())) {
            final List<Piece> pieces = accumulate(group, place, weight / parts.lossScale.factor(), losses);
            if (!agreement.isAlone()) {
                own.without(() -> finishSums(place, group));
            }
            final double scale = parts.lossScale.factor();
            parts.lossScale.unscale(trained);
            final double penalty = parts.originals.pull();
            final StepUpdate.StepNumbers numbers = update(losses, place, group);
            double loss = 0;
            for (int i = 0; i < pieces.size(); i++) {
                final double part = numbers.losses().get(i) / scale;
                if (!Double.isFinite(part)) {
                    throw diverged(pieces.get(i), part, place);
                }
                loss += part;
            }
            final double sum = loss;
            // Throws where another process's loss is no finite number.
            final double whole = agreement.isAlone() ? sum : own.without(() -> agreement.sum(sum));
            if (Double.isFinite(numbers.norm())) {
                parts.lossScale.stepped();
            } else if (!parts.lossScale.overflowed()) {
                throw diverged(group, numbers.norm(), place);
            }
            return new Result(whole + penalty, numbers.norm());
        } finally {
            losses.forEach(Tensor::close);
        }
    }

    /**
     * Adds gradients piece by piece, and what each adds to the step's loss to {@code losses}, which the caller owns. Where
     * memory runs out, and may be made do with, begins anew with smaller pieces.
     */
    private List<Piece> accumulate(List<HostBatch> group, Place place, double weight, List<Tensor> losses) {
        try (Network.Snapshot statistics = inParts ? network.snapshot(List.of()) : null) {
            for (List<Piece> pieces = pieces(group, place); ; pieces = pieces(group, place)) {
                if (startAll(pieces, weight, place, losses)) {
                    if (losses.isEmpty()) { // All the rows of this step are with other processes.
                        losses.add(none());
                    }
                    return pieces;
                }
                losses.forEach(Tensor::close);
                losses.clear();
                Objects.requireNonNull(statistics).restore();
                startOver();
            }
        }
    }

    /** The loss of no rows, for the caller to close. */
    private Tensor none() {
        final Tensor zero = Tensors.of(new float[1]);
        if (device.is_cpu()) {
            return zero;
        }
        try (zero) {
            return zero.to(device, ScalarType.Float);
        }
    }

    private List<Piece> pieces(List<HostBatch> group, Place place) {
        final List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < group.size(); i++) {
            final long own = group.size() <= settings.optimization().accumulate()
                    ? Seeds.of(seed, place.step * settings.optimization().accumulate() + i + 1)
                    : Seeds.of(Seeds.of(seed, place.step + 1), i + 1);
            final List<HostBatch> cut = portions.of(group.get(i));
            for (int j = 0; j < cut.size(); j++) {
                pieces.add(new Piece(cut.get(j), cut.size() == 1, j == 0 ? own : Seeds.mix(own + j)));
            }
        }
        return pieces;
    }

    /** Whether memory sufficed; if not, smaller pieces are to be tried. */
    private boolean startAll(List<Piece> pieces, double weight, Place place, List<Tensor> losses) {
        for (int i = 0; i < pieces.size(); i++) {
            final Piece piece = pieces.get(i);
            parts.sums.lastPass(i == pieces.size() - 1);
            try (Batch batch = new Batch(piece.host, device)) {
                losses.add(start(piece, batch, weight));
            } catch (RuntimeException | OutOfMemoryError e) {
                final RuntimeException told = MemoryFailures.translate(
                        "Step " + (place.step + 1) + ", " + source.describe(piece.host), e, () -> help(piece.host));
                if (!inParts || !(told instanceof OutOfMemoryException) || !portions.halve(piece.host)) {
                    throw told;
                }
                warn.accept("Memory doesn't suffice for " + BatchShape.of(piece.host)
                        + " at once: such batches are computed"
                        + " in parts from now on, whose gradients are added up, so that a step is what it was, but takes"
                        + " longer."
                        + (network.buffers().isEmpty()
                                ? ""
                                : " Batch norms that train take each part's own" + " mean and variance."));
                return false;
            }
        }
        return true;
    }

    private String help(HostBatch host) {
        return MemoryHelp.training(host, settings, !network.adaptedLayers().isEmpty());
    }

    /** What frozen stages give is kept of whole batches only: a part is padded to rows that it doesn't have. */
    private Tensor start(Piece piece, Batch batch, double weight) {
        return piece.whole
                ? pass.start(batch, weight, piece.seed)
                : parts.plain.start(batch, () -> parts.prefix.output(batch, false), weight, piece.seed);
    }

    /** Frees what the failed passes left, and records no more of them: recordings hold memory, too. */
    private void startOver() {
        parts.copies.forgetGradients();
        parts.sums.computesAnew();
        Optimizer.forgetGradients(trained);
        if (pass != parts.plain) {
            pass.close();
            pass = parts.plain;
        }
        FreedBlocks.giveBack();
        if (device.is_cuda()) {
            CudaGraphs.emptyCache();
        }
    }

    private boolean finishSums(Place place, List<HostBatch> group) {
        try {
            parts.sums.finish();
            return true;
        } catch (RuntimeException | OutOfMemoryError e) {
            final RuntimeException told = MemoryFailures.translate(
                    "The exchange of gradients of step " + (place.step + 1),
                    e,
                    () -> group.isEmpty() ? "" : help(group.get(0)));
            if (told instanceof OutOfMemoryException || e instanceof OutOfMemoryError) {
                throw told;
            }
            throw (RuntimeException) e; // It names a process.
        }
    }

    private StepUpdate.StepNumbers update(List<Tensor> losses, Place place, List<HostBatch> group) {
        try {
            return update.apply(losses, place.rate);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw MemoryFailures.translate(
                    "The update of step " + (place.step + 1), e, () -> group.isEmpty() ? "" : help(group.get(0)));
        }
    }

    /** How much of a batch is computed at once. */
    Portions portions() {
        return portions;
    }

    private DivergedException diverged(Piece piece, double loss, Place place) {
        final HostBatch host = piece.host;
        final Optional<NonFinite.Found> found;
        try (Batch batch = new Batch(host, device)) {
            found = parts.plain.findNonFinite(batch, piece.seed);
        }
        return new DivergedException("The loss became " + loss + " at " + place + ", on " + source.describe(host) + ". "
                + found.map(at -> at.place() + rows(host, at.rows()) + ". ")
                        .orElse("What the layers give is finite, but not the loss: labels of a regression that are not"
                                + " finite, or too large, do it. ")
                + place.advice(parts.half));
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
                + place.advice(parts.half));
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
}
