package dev.finetune.train;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.Boxed;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.Recorder;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.DropoutMasks;
import dev.finetune.nn.HalfPrecisionWeights;
import dev.finetune.nn.Hidden;
import dev.finetune.nn.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Passes that are recorded: the first batch of a shape goes the plain way, with the second one the pass is recorded, and for
 * all later ones the recording is replayed, with the batch's numbers in the tensors that it reads. A GPU is then told a whole
 * pass at once, where it would else wait for each of a thousand kernels to be started.
 *
 * <p>What can't be recorded goes the plain way for good. Recordings are dropped when parameters are frozen or unfrozen, or lie
 * elsewhere. Dropout draws other numbers than the plain way, as many and as independent.
 */
final class RecordedPass implements Pass {
    /** Recordings at once, each of which holds memory of the device. */
    private static final int MOST = 64;

    /** Recordings for one shape, which differ in what is derived from a batch, such as whether anything is padded. */
    private static final int VARIANTS = 2;

    private final BackwardPass pass;
    private final List<Parameter> parameters;
    private final HalfPrecisionWeights copies;
    private final Recorder recorder;
    private final Consumer<String> warn;
    private final Map<String, List<Recorded>> recorded = new HashMap<>();
    /** Where gradients lie after every recorded pass, but for those that the copies keep; owned. */
    private final Map<Parameter, Tensor> places = new HashMap<>();

    /** What is not recorded: it drops too much at once, or memory doesn't suffice. */
    private final Set<String> plain = new HashSet<>();

    private int count;
    private long state;
    private boolean gaveUp;

    /**
     * Passes.
     *
     * @param pass what is recorded
     * @param parameters all of the network's
     * @param copies that the pass uses (borrowed)
     * @param recorder of the parameters' device (borrowed)
     * @param warn is told why nothing is recorded any more
     */
    RecordedPass(
            BackwardPass pass,
            List<Parameter> parameters,
            HalfPrecisionWeights copies,
            Recorder recorder,
            Consumer<String> warn) {
        this.pass = pass;
        this.parameters = parameters;
        this.copies = copies;
        this.recorder = recorder;
        this.warn = warn;
    }

    @Override
    public Tensor start(Batch batch, double weight, long seed) {
        try (TensorScope scope = TensorScope.open()) {
            forgetIfMoved();
            final Hidden input = pass.input(batch);
            final String key = key(batch.host(), input);
            final List<Recorded> same = recorded.get(key);
            if (same == null) {
                recorded.put(key, new ArrayList<>());
                return pass.start(batch, () -> input, weight, seed);
            }
            for (Recorded one : same) {
                if (one.take(batch.host(), input, weight, seed)) {
                    return one.replay();
                }
            }
            return gaveUp || plain.contains(key) || count >= MOST || same.size() >= VARIANTS
                    ? pass.start(batch, () -> input, weight, seed)
                    : recording(key, batch, input, weight, seed);
        }
    }

    /** Computes, and records for later batches; the plain way where that can't be done. */
    private Tensor recording(String key, Batch batch, Hidden input, double weight, long seed) {
        final Recorded made = new Recorded(batch, input);
        boolean keeping = false;
        try {
            final Tensor loss = made.run(weight, seed);
            keeping = isRecorded(made);
            if (keeping) {
                Objects.requireNonNull(recorded.get(key)).add(made);
                count++;
            }
            return loss;
        } catch (RuntimeException e) { // What is wrong with the batch itself is said by the plain way.
            plain.add(key);
            copies.forgetGradients();
            Optimizer.forgetGradients(parameters);
        } finally {
            if (!keeping) {
                made.close();
            }
        }
        return pass.start(batch, () -> input, weight, seed);
    }

    /** Records; the gradients of the pass that was computed stay what they are. */
    private boolean isRecorded(Recorded made) {
        final Map<Parameter, Tensor> computed = new LinkedHashMap<>();
        for (Parameter parameter : parameters) {
            if (parameter.value().grad().defined()) {
                computed.put(parameter, Tensors.gradient(parameter.value()));
            }
        }
        try {
            computed.forEach((parameter, gradient) -> {
                if (!copies.keeps(parameter)) {
                    places.computeIfAbsent(parameter, any -> Tensors.own(torch.empty_like(gradient)));
                }
            });
            made.record();
            return true;
        } catch (RuntimeException e) {
            gaveUp = true;
            copies.forgetGradients();
            warn.accept(Tensors.translate("Steps are not recorded, and take longer", e)
                    .getMessage());
            return false;
        } finally {
            Optimizer.forgetGradients(parameters);
            computed.forEach(
                    (parameter, gradient) -> parameter.value().mutable_grad().put(gradient));
        }
    }

    /** What recordings are made for. */
    private static String key(HostBatch batch, Hidden input) {
        final StringBuilder key = new StringBuilder();
        new TreeMap<>(batch.columns())
                .forEach((name, column) -> key.append(name)
                        .append(column instanceof HostTensor.Longs ? " longs " : " floats ")
                        .append(Arrays.toString(column.shape())));
        input.tensors().forEach(tensor -> key.append(Arrays.toString(Tensors.shape(tensor))));
        return key.toString();
    }

    private void forgetIfMoved() {
        long now = 1;
        for (Parameter parameter : parameters) {
            now = 31 * now + parameter.value().data_ptr().address() + (parameter.isTrained() ? 1 : 0);
        }
        if (now != state) {
            forget();
            state = now;
        }
    }

    private void forget() {
        recorded.values().forEach(list -> list.forEach(Recorded::close));
        recorded.clear();
        count = 0;
    }

    @Override
    public void close() {
        forget();
        places.values().forEach(Tensor::close);
        places.clear();
    }

    /** A pass over batches of one shape, and the tensors that it reads. */
    private final class Recorded implements AutoCloseable {
        private final Batch batch;
        private final Hidden input;
        private final Tensor factor;
        private final DropoutMasks masks;
        private final Map<Parameter, Tensor> results = new LinkedHashMap<>();
        private @Nullable Tensor loss;
        private Recorder.@Nullable Recording recording;

        Recorded(Batch like, Hidden input) {
            this.batch = new Batch(like.host(), like.device());
            this.input = input.map(tensor -> Tensors.own(tensor.clone()));
            this.factor = Tensors.own(torch.ones(new long[0], new TensorOptions(like.device())));
            this.masks = new DropoutMasks(like.device());
        }

        /** The pass, for the first time: it makes the tensors. */
        Tensor run(double weight, long seed) {
            factor.fill_(new Scalar(Objective.factor(weight)));
            final Tensor first = pass.startRecordable(batch, input, factor, masks, seed);
            masks.settle();
            return first;
        }

        void record() {
            recording = recorder.record(this::compute);
        }

        private void compute() {
            Optimizer.forgetGradients(parameters);
            forgetResults();
            loss = pass.startRecordable(batch, input, factor, masks, 0);
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off()) {
                final List<Tensor> from = new ArrayList<>();
                final List<Tensor> to = new ArrayList<>();
                for (Parameter parameter : parameters) {
                    if (parameter.value().grad().defined()) {
                        final Tensor gradient = Tensors.gradient(parameter.value());
                        final Tensor place = copies.keeps(parameter) ? null : places.get(parameter);
                        if (place != null) {
                            from.add(gradient);
                            to.add(place);
                        }
                        results.put(parameter, Tensors.own(place == null ? gradient : new Tensor(place)));
                    }
                }
                if (!to.isEmpty()) {
                    Boxed.FOREACH_COPY.run(to, from, false);
                }
            }
        }

        /** Takes a batch's numbers, if they fit. */
        boolean take(HostBatch host, Hidden from, double weight, long seed) {
            if (!batch.refill(host)) {
                return false;
            }
            from.byStage().forEach((stage, tensor) -> input.get(stage).copy_(tensor));
            factor.fill_(new Scalar(Objective.factor(weight)));
            masks.draw(seed);
            return true;
        }

        /** The loss of what was taken; the caller owns it. */
        Tensor replay() {
            Objects.requireNonNull(recording).replay();
            results.forEach(
                    (parameter, gradient) -> parameter.value().mutable_grad().put(gradient));
            return Tensors.own(Objects.requireNonNull(loss).clone());
        }

        private void forgetResults() {
            results.values().forEach(Tensor::close);
            results.clear();
            if (loss != null) {
                loss.close();
                loss = null;
            }
        }

        @Override
        public void close() {
            if (recording != null) {
                recording.close();
            }
            forgetResults();
            masks.close();
            factor.close();
            input.tensors().forEach(Tensor::close);
            batch.close();
        }
    }
}
