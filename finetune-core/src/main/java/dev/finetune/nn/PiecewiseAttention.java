package dev.finetune.nn;

import dev.finetune.internal.torch.Boxed;
import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.DropoutMask;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Workers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Attention a few heads of one row of the batch at a time, so that the attention weights of a piece stay in the processor's
 * cache, and those of the whole batch are never in memory: backward computes them again from queries and keys, and draws
 * the same dropout again (as Dao et al., "FlashAttention", 2022, with LibTorch's own kernels). Each core works on a piece of
 * its own.
 *
 * @param heads how many heads the width is cut into
 * @param keep the probability that a weight is kept, 1 for no dropout
 * @param dropoutKey picks the dropout, the same as {@link DropoutMask#draw} gives for (batch, heads, queries, keys)
 */
record PiecewiseAttention(int heads, double keep, long dropoutKey) {
    /** Numbers in the weights of a piece, at the most: 1 MB of them. */
    private static final long MOST = 1 << 18;

    /** Numbers in the weights of a row below which, with dropout, calling the operations takes longer than they do. */
    private static final long LEAST = 12_000;

    /** Tokens in a row from which LibTorch's fused kernel, which knows no dropout of ours, is the slower one. */
    private static final long LONG = 192;

    /** LibTorch's number of the type float. */
    private static final Long FLOAT = 6L;

    /** Whether rows like these are worth cutting; not where autocast left some of them in 16 bits, which the pieces don't mix. */
    static boolean pays(int heads, Tensor query, Tensor key, Tensor value, boolean drops) {
        final long queries = query.size(1);
        final long keys = key.size(1);
        return (drops ? heads * queries * keys >= LEAST : Math.min(queries, keys) >= LONG)
                && query.is_cpu()
                && isFloat(query)
                && isFloat(key)
                && isFloat(value);
    }

    private static boolean isFloat(Tensor tensor) {
        return tensor.scalar_type().intern() == ScalarType.Float;
    }

    /**
     * Attends, while custom gradients are open, or without gradients.
     *
     * @param query (batch, queries, width)
     * @param key (batch, keys, width), as value
     * @param bias added to the scores, (batch, 1, queries or 1, keys), or null for none; gets no gradient
     * @param positions added to the scores, (1, heads, queries, keys), or null for none
     * @return (batch, queries, width)
     */
    Tensor forward(Tensor query, Tensor key, Tensor value, @Nullable Tensor bias, @Nullable Tensor positions) {
        final List<Tensor> inputs = new ArrayList<>(List.of(query, key, value));
        if (positions != null) {
            inputs.add(positions);
        }
        final List<Tensor> kept = new ArrayList<>(inputs);
        if (bias != null) {
            kept.add(bias);
        }
        final boolean placed = positions != null;
        try (TensorScope scope = TensorScope.open()) {
            final Tensor output = attended(kept, placed);
            return scope.keep(
                    CustomGradients.areOpen()
                            ? CustomGradients.output(
                                    output,
                                    inputs,
                                    kept,
                                    (gradient, k, gradients) -> gradients(gradient, k, placed, gradients))
                            : output);
        }
    }

    /** (batch, length, width) as (batch, heads, length, size). */
    static Tensor split(Tensor wide, int heads) {
        return wide.view(wide.size(0), wide.size(1), heads, wide.size(2) / heads)
                .transpose(1, 2);
    }

    private Tensor attended(List<Tensor> kept, boolean placed) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            final Pieces pieces = new Pieces(kept, placed);
            final Tensor output = scope.keep(torch.empty_like(kept.get(0)));
            final Tensor outputs = split(output, heads);
            pieces.each(piece -> {
                piece.computeWeights();
                piece.of(outputs).baddbmm_(piece.dropped(), piece.values(), pieces.zero, pieces.one);
            });
            return output;
        }
    }

    private void gradients(Tensor gradient, List<Tensor> kept, boolean placed, CustomGradients.Gradients gradients) {
        try (TensorScope scope = TensorScope.open()) {
            final Pieces pieces = new Pieces(kept, placed);
            final Optional<Tensor> ofPositions = placed && gradients.wanted(3)
                    ? Optional.of(torch.zeros(Workers.count(), heads, pieces.length, pieces.keyLength))
                    : Optional.empty();
            final Tensor ofOutputs = split(gradient.contiguous(), heads);
            final List<Optional<Tensor>> found = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                found.add(gradients.wanted(i) ? Optional.of(torch.empty_like(kept.get(i))) : Optional.empty());
            }
            final List<Optional<Tensor>> split = found.stream()
                    .map(wanted -> wanted.map(tensor -> split(tensor, heads)))
                    .toList();
            pieces.each(piece -> {
                piece.computeWeights();
                final Tensor ofOutput = piece.of(ofOutputs);
                split.get(2)
                        .ifPresent(values -> piece.of(values)
                                .baddbmm_(piece.dropped().transpose(1, 2), ofOutput, pieces.zero, pieces.one));
                final Tensor ofWeights =
                        piece.scores.baddbmm_(ofOutput, piece.values().transpose(1, 2), pieces.zero, pieces.one);
                if (keep < 1) {
                    ofWeights.mul_(piece.mask);
                }
                Boxed.SOFTMAX_BACKWARD.run(ofWeights, piece.weights, -1L, FLOAT, piece.spare);
                ofPositions.ifPresent(
                        sums -> piece.ofHeads(sums.select(0, piece.worker)).add_(piece.spare));
                split.get(0)
                        .ifPresent(queries ->
                                piece.of(queries).baddbmm_(piece.spare, piece.keys(), pieces.zero, pieces.scale));
                split.get(1)
                        .ifPresent(keys -> piece.of(keys)
                                .baddbmm_(piece.spare.transpose(1, 2), piece.queries(), pieces.zero, pieces.scale));
            });
            for (int i = 0; i < 3; i++) {
                final int input = i;
                found.get(i).ifPresent(tensor -> gradients.set(input, tensor));
            }
            ofPositions.ifPresent(sums -> gradients.set(3, sums.sum(0).unsqueeze(0)));
        }
    }

    /** The inputs of all pieces. */
    private final class Pieces {
        private final Tensor queries;
        private final Tensor keys;
        private final Tensor values;
        private final Optional<Tensor> positions;
        private final Optional<Tensor> biases;
        private final long length;
        private final long keyLength;
        private final int headsAtOnce;
        private final Scalar zero = new Scalar(0f);
        private final Scalar one = new Scalar(1f);
        private final Scalar scale;

        /** (workers, 4, heads at once, queries, keys), written over by each piece. */
        private final Tensor scratch;

        Pieces(List<Tensor> kept, boolean placed) {
            this.queries = split(kept.get(0), heads);
            this.keys = split(kept.get(1), heads);
            this.values = split(kept.get(2), heads);
            this.positions = placed ? Optional.of(kept.get(3)) : Optional.empty();
            final int inputs = placed ? 4 : 3;
            this.biases = kept.size() > inputs ? Optional.of(kept.get(inputs)) : Optional.empty();
            this.length = queries.size(2);
            this.keyLength = keys.size(2);
            this.scale = new Scalar(1 / Math.sqrt((double) queries.size(3)));
            final long share = queries.size(0) * heads / Workers.count();
            this.headsAtOnce = (int) Math.max(1, Math.min(Math.min(heads, share), MOST / (length * keyLength)));
            this.scratch = torch.empty(Workers.count(), 4, headsAtOnce, length, keyLength);
        }

        void each(Consumer<Piece> work) {
            final int ofRow = (heads + headsAtOnce - 1) / headsAtOnce;
            Workers.run(Math.toIntExact(queries.size(0) * ofRow), (number, worker) -> {
                try (TensorScope scope = TensorScope.open()) {
                    work.accept(new Piece(this, number / ofRow, number % ofRow * headsAtOnce, worker));
                }
            });
        }
    }

    /** A few heads of one row, in the scope that was open when it was made. */
    private final class Piece {
        private final Pieces all;
        private final int row;
        private final int head;
        private final int count;
        private final int worker;
        private final Tensor scores;
        private final Tensor weights;
        private final Tensor spare;
        private final Tensor mask;

        Piece(Pieces all, int row, int head, int worker) {
            this.all = all;
            this.row = row;
            this.head = head;
            this.worker = worker;
            this.count = Math.min(all.headsAtOnce, heads - head);
            final Tensor scratch = all.scratch.select(0, worker).narrow(1, 0, count);
            this.scores = scratch.select(0, 0);
            this.weights = scratch.select(0, 1);
            this.spare = scratch.select(0, 2);
            this.mask = scratch.select(0, 3);
        }

        Tensor queries() {
            return of(all.queries);
        }

        Tensor keys() {
            return of(all.keys);
        }

        Tensor values() {
            return of(all.values);
        }

        /** This piece of (batch, heads, length, size): (count, length, size). */
        Tensor of(Tensor split) {
            return split.select(0, row).narrow(0, head, count);
        }

        /** This piece of (heads, queries, keys): (count, queries, keys). */
        Tensor ofHeads(Tensor perHead) {
            return perHead.narrow(0, head, count);
        }

        /** Scores to begin with; whether there are any. */
        private boolean computeBiases() {
            all.positions.ifPresent(positions -> scores.copy_(ofHeads(positions.select(0, 0))));
            all.biases.ifPresent(bias -> {
                final Tensor own = bias.select(0, bias.size(0) == 1 ? 0 : row);
                if (all.positions.isPresent()) {
                    scores.add_(own);
                } else {
                    scores.copy_(own);
                }
            });
            return all.positions.isPresent() || all.biases.isPresent();
        }

        /** The attention weights, and what dropout multiplies them with. */
        void computeWeights() {
            final boolean begun = computeBiases();
            scores.baddbmm_(queries(), keys().transpose(1, 2), begun ? all.one : all.zero, all.scale);
            torch.softmax_out(weights, scores, -1);
            if (keep < 1) {
                DropoutMask.drawInto(
                        mask, dropoutKey, keep, ((long) row * heads + head) * all.length * all.keyLength, (float)
                                (1 / keep));
            }
        }

        /** The weights after dropout. */
        Tensor dropped() {
            return keep < 1 ? torch.mul_out(spare, weights, mask) : weights;
        }
    }
}
