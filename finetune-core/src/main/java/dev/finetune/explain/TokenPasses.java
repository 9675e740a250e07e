package dev.finetune.explain;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.TokenEncoder;
import dev.finetune.batch.TokenRow;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.MemoryFailures;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Hidden;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Network;
import dev.finetune.task.Outputs;
import dev.finetune.task.Task;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * The passes over variants of one row of tokens that explanations consist of. What they take and give are arrays: nothing native
 * outlives a pass. Gradients are those of the first stage's output alone, so that parameters get none.
 */
final class TokenPasses {
    private final String name;
    private final Network network;
    private final Task task;
    private final Function<List<Encoded>, HostBatch> collate;
    private final Device device;
    private final TokenRow row;

    private TokenPasses(ExplainedModel<?> model, TokenRow row) {
        this.name = model.name();
        this.network = model.network();
        this.task = model.task();
        this.collate = rows -> model.encoder().collate(rows, CollateContext.predicting());
        this.device = model.device();
        this.row = row;
    }

    /**
     * {@return the passes over an input's row}
     *
     * @throws FinetuneException if the model doesn't read tokens, or says other things than one of a whole input
     */
    static <I> TokenPasses of(ExplainedModel<I> model, I input) {
        if (!(model.encoder() instanceof TokenEncoder<I> encoder)) {
            throw new FinetuneException("This model (" + model.name() + ") can't be explained token by token: it reads "
                    + model.encoder().kinds() + ", and its encoder ("
                    + model.encoder().getClass().getName() + ") doesn't tell tokens apart (TokenEncoder).");
        }
        checkHead(model);
        return new TokenPasses(model, encoder.tokens(input));
    }

    /** Refuses heads that don't say one thing of a whole input. */
    static void checkHead(ExplainedModel<?> model) {
        if (!model.task().head().isOfWholeInput()) {
            throw new FinetuneException(
                    "A " + model.task().head().kind() + " head can't be explained: only those that say"
                            + " one thing of a whole input can, a class, several labels or numbers.");
        }
    }

    /** The row and its tokens. */
    TokenRow row() {
        return row;
    }

    /** {@return the output that is to be explained} */
    Said said(ExplainedOutput wanted) {
        final HostBatch host = collate.apply(List.of(row.row()));
        return pass(host, false, batch -> Said.of(wanted, network.forward(batch, context()), host, task));
    }

    /** {@return the score of an output for each of some variants of the row, of one length} */
    double[] scores(List<Encoded> rows, int output) {
        return pass(
                collate.apply(rows),
                false,
                batch -> column(Outputs.named(network.forward(batch, context()), "logits"), output));
    }

    /**
     * The first stage's output for the row, and for the row of padding tokens at the same places.
     *
     * @param length positions
     * @param width numbers a position
     * @param row of the tokens, length x width
     * @param padding of padding, length x width
     */
    record Embedded(int length, int width, float[] row, float[] padding) {
        /** {@return (1 - share) padding + share row} */
        float[] between(double share) {
            final float[] point = new float[row.length];
            for (int i = 0; i < point.length; i++) {
                point[i] = (float) (padding[i] + share * ((double) row[i] - padding[i]));
            }
            return point;
        }

        /** {@return row - padding} */
        float[] difference() {
            final float[] difference = new float[row.length];
            for (int i = 0; i < difference.length; i++) {
                difference[i] = row[i] - padding[i];
            }
            return difference;
        }
    }

    /**
     * {@return the embeddings of the row and of padding: positions and masks, which a batch derives from its columns, are those of
     * the row for both}
     *
     * @throws FinetuneException if the network's first stage doesn't give a vector for each position
     */
    Embedded embedded() {
        checkStages();
        return pass(collate.apply(List.of(row.row())), false, batch -> {
            final Tensor own = TensorScope.adopt(network.stage(0, List.of(), batch, context()));
            if (own.dim() != 3 || own.size(1) != row.tokens().size()) {
                throw unexplained("gives " + Arrays.toString(Tensors.shape(own)) + " for "
                        + row.tokens().size() + " tokens");
            }
            final Map<String, HostTensor> padding =
                    collate.apply(List.of(row.padding())).columns();
            padding.forEach((column, numbers) -> batch.get(column).copy_(Tensors.of(numbers, device)));
            final Tensor baseline = TensorScope.adopt(network.stage(0, List.of(), batch, context()));
            return new Embedded(
                    Math.toIntExact(own.size(1)),
                    Math.toIntExact(own.size(2)),
                    Tensors.floats(own),
                    Tensors.floats(baseline));
        });
    }

    private void checkStages() {
        final List<Integer> roots = IntStream.range(0, network.stages().size())
                .filter(stage -> network.inputs(stage).isEmpty())
                .boxed()
                .toList();
        if (!roots.equals(List.of(0))) {
            throw unexplained("isn't the only one that reads the input: " + roots + " do, counted from 0");
        }
        if (!network.stages().get(0).layout().map(HiddenLayout::hasPositions).orElse(false)) {
            throw unexplained("doesn't say that its output lies position by position (Stage.layout)");
        }
    }

    private FinetuneException unexplained(String because) {
        return new FinetuneException(
                "This model (" + name + ") can't be explained by gradients of its embeddings: its first"
                        + " stage, \"" + network.stages().get(0).name() + "\" ("
                        + network.stages().get(0).getClass().getName() + "), " + because + ".");
    }

    /** {@return the score of an output at a point of the embeddings} */
    double score(Embedded embedded, float[] point, int output) {
        return pass(collate.apply(List.of(row.row())), false, batch -> {
            final HostTensor host = new HostTensor.Floats(point, 1, embedded.length, embedded.width);
            return column(logits(Tensors.of(host, device), batch), output)[0];
        });
    }

    /**
     * {@return for each point of the embeddings and each token the sum, over the width, of the gradient of an output's score there
     * and a factor}
     *
     * @param factor length x width
     */
    double[][] gradientTimes(Embedded embedded, float[] factor, List<float[]> points, int output) {
        final int count = points.size();
        final float[] all = new float[count * factor.length];
        for (int i = 0; i < count; i++) {
            System.arraycopy(points.get(i), 0, all, i * factor.length, factor.length);
        }
        return pass(collate.apply(Collections.nCopies(count, row.row())), true, batch -> {
            final Tensor leaf = Tensors.of(new HostTensor.Floats(all, count, embedded.length, embedded.width), device);
            leaf.set_requires_grad(true);
            final Tensor score = logits(leaf, batch).select(1, output).sum();
            final Tensor gradient = Tensors.gradient(score, leaf);
            final Tensor times = Tensors.of(new HostTensor.Floats(factor, 1, embedded.length, embedded.width), device);
            final float[] sums = Tensors.floats(gradient.mul(times).sum(2));
            final double[][] byPoint = new double[count][embedded.length];
            for (int i = 0; i < sums.length; i++) {
                byPoint[i / embedded.length][i % embedded.length] = sums[i];
            }
            return byPoint;
        });
    }

    private Tensor logits(Tensor embeddings, Batch batch) {
        final ForwardContext context = context();
        final Hidden below = new Hidden(Map.of(0, embeddings));
        final Hidden hidden = network.trunk(1, network.stages().size(), below, batch, context, each -> {});
        return Outputs.named(network.head(hidden, batch, context), "logits");
    }

    private static double[] column(Tensor logits, int output) {
        final float[] column = Tensors.floats(logits.select(1, output));
        final double[] wide = new double[column.length];
        Arrays.setAll(wide, i -> column[i]);
        return wide;
    }

    private static ForwardContext context() {
        return ForwardContext.evaluating();
    }

    private <T> T pass(HostBatch host, boolean gradients, Function<Batch, T> compute) {
        try (TensorScope scope = TensorScope.open();
                GradientMode mode = gradients ? GradientMode.on() : GradientMode.off();
                Batch batch = new Batch(host, device)) {
            return compute.apply(batch);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw MemoryFailures.translate(
                    "Explaining with " + host.size() + (host.size() == 1 ? " row" : " rows") + " at once",
                    e,
                    () -> "atOnce(1) and a shorter text take less memory.");
        }
    }
}
