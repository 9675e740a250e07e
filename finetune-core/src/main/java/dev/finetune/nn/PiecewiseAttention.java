package dev.finetune.nn;

import dev.finetune.internal.torch.Autocast;
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
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Attention a few heads of one row of the batch at a time, so that the attention weights of a piece stay in the processor's
 * cache, and those of the whole batch are never in memory: backward computes them again from queries and keys, and draws
 * the same dropout again (as Dao et al., "FlashAttention", 2022, with LibTorch's own kernels). Each core works on a piece of
 * its own. Where the bias hides later positions, some queries at a time are compared with the keys up to the last of them alone. Of
 * queries, keys and values in bfloat16, as which they are kept, it is computed in floats, too.
 *
 * @param heads how many heads the width of the queries is cut into
 * @param keyHeads how many heads keys and values have, each for several heads of the queries beside each other
 * @param hidesLater whether the bias hides from each query the keys behind its own place
 * @param keep the probability that a weight is kept, 1 for no dropout
 * @param dropoutKey picks the dropout, the same as {@link DropoutMask#draw} gives for (batch, heads, queries, keys)
 */
record PiecewiseAttention(int heads, int keyHeads, boolean hidesLater, double keep, long dropoutKey) {
    /** Numbers in the weights of a piece, at the most: 1 MB of them. */
    private static final long MOST = 1 << 18;

    /** Queries of a piece where later positions are hidden. */
    private static final long QUERIES = 128;

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
                && (are(ScalarType.Float, query, key, value)
                        || are(ScalarType.BFloat16, query, key, value) && !Autocast.isOnForCpu());
    }

    private static boolean are(ScalarType type, Tensor... tensors) {
        return Stream.of(tensors).allMatch(each -> each.scalar_type().intern() == type);
    }

    /**
     * Attends, while custom gradients are open, or without gradients.
     *
     * @param query (batch, queries, width)
     * @param key (batch, keys, width), as value; of fewer heads narrower
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
            final Tensor output = torch.empty(pieces.shape(0));
            final Tensor outputs = split(output, heads);
            pieces.each(piece -> {
                piece.computeWeights();
                piece.ofQueries(outputs).baddbmm_(piece.dropped(), piece.values(), pieces.zero, pieces.one);
            });
            return scope.keep(output.to(kept.get(0).scalar_type()));
        }
    }

    private void gradients(Tensor gradient, List<Tensor> kept, boolean placed, CustomGradients.Gradients gradients) {
        try (TensorScope scope = TensorScope.open()) {
            final Pieces pieces = new Pieces(kept, placed);
            final Optional<Tensor> ofPositions = placed && gradients.wanted(3)
                    ? Optional.of(torch.zeros(Workers.count(), heads, pieces.length, pieces.keyLength))
                    : Optional.empty();
            final Tensor ofOutputs = split(Mixed.asFloats(gradient).contiguous(), heads);
            final List<Optional<Tensor>> found = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                found.add(gradients.wanted(i) ? Optional.of(torch.empty(pieces.shape(i))) : Optional.empty());
            }
            final List<Optional<Tensor>> split = found.stream()
                    .map(wanted -> wanted.map(tensor -> split(tensor, heads)))
                    .toList();
            pieces.each(piece -> {
                piece.computeWeights();
                final Tensor ofOutput = piece.ofQueries(ofOutputs);
                split.get(2)
                        .ifPresent(values -> piece.ofKeys(values)
                                .baddbmm_(piece.dropped().transpose(1, 2), ofOutput, piece.others(), pieces.one));
                final Tensor ofWeights =
                        piece.scores.baddbmm_(ofOutput, piece.values().transpose(1, 2), pieces.zero, pieces.one);
                if (keep < 1) {
                    ofWeights.mul_(piece.mask());
                }
                Boxed.SOFTMAX_BACKWARD.run(ofWeights, piece.weights, -1L, FLOAT, piece.spare);
                ofPositions.ifPresent(
                        sums -> piece.ofHeads(sums.select(0, piece.worker)).add_(piece.spare));
                split.get(0)
                        .ifPresent(queries -> piece.ofQueries(queries)
                                .baddbmm_(piece.spare, piece.keys(), pieces.zero, pieces.scale));
                split.get(1)
                        .ifPresent(keys -> piece.ofKeys(keys)
                                .baddbmm_(piece.spare.transpose(1, 2), piece.queries(), piece.others(), pieces.scale));
            });
            for (int i = 0; i < 3; i++) {
                final int input = i;
                found.get(i)
                        .ifPresent(tensor -> gradients.set(
                                input,
                                (input == 0 ? tensor : perKeyHead(tensor))
                                        .to(kept.get(input).scalar_type())));
            }
            ofPositions.ifPresent(sums -> gradients.set(3, sums.sum(0).unsqueeze(0)));
        }
    }

    private Tensor perQueryHead(Tensor narrow) {
        return Attention.perQueryHead(narrow, heads, keyHeads);
    }

    /** What keys or values get of all heads of queries that they are for. */
    private Tensor perKeyHead(Tensor wide) {
        if (keyHeads == heads) {
            return wide;
        }
        final long size = wide.size(2) / heads;
        return wide.view(wide.size(0), wide.size(1), keyHeads, heads / keyHeads, size)
                .sum(3)
                .view(wide.size(0), wide.size(1), keyHeads * size);
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
        private final long queriesAtOnce;
        private final Scalar zero = new Scalar(0f);
        private final Scalar one = new Scalar(1f);
        private final Scalar scale;

        /** (workers, 4, heads at once * queries at once * keys), written over by each piece. */
        private final Tensor scratch;

        Pieces(List<Tensor> kept, boolean placed) {
            this.queries = split(Mixed.asFloats(kept.get(0)), heads);
            this.keys = split(perQueryHead(Mixed.asFloats(kept.get(1))), heads);
            this.values = split(perQueryHead(Mixed.asFloats(kept.get(2))), heads);
            this.positions = placed ? Optional.of(kept.get(3)) : Optional.empty();
            final int inputs = placed ? 4 : 3;
            this.biases = kept.size() > inputs ? Optional.of(kept.get(inputs)) : Optional.empty();
            this.length = queries.size(2);
            this.keyLength = keys.size(2);
            this.scale = new Scalar(1 / Math.sqrt((double) queries.size(3)));
            final long share = queries.size(0) * heads / Workers.count();
            this.queriesAtOnce = hidesLater ? Math.min(QUERIES, length) : length;
            final long most = MOST / (queriesAtOnce * keyLength);
            this.headsAtOnce = (int) Math.max(1, Math.min(Math.min(heads, share), most));
            this.scratch = torch.empty(Workers.count(), 4, headsAtOnce * queriesAtOnce * keyLength);
        }

        /** Of queries, keys or values, by their place: (batch, length, width), each as wide as queries. */
        long[] shape(int input) {
            return new long[] {queries.size(0), input == 0 ? length : keyLength, heads * queries.size(3)};
        }

        /** Of the same heads one after the other, the last queries first: those see all keys. */
        void each(Consumer<Piece> work) {
            final int ofRow = (heads + headsAtOnce - 1) / headsAtOnce;
            final long last = (length - 1) / queriesAtOnce * queriesAtOnce;
            Workers.run(Math.toIntExact(queries.size(0) * ofRow), (number, worker) -> {
                for (long query = last; query >= 0; query -= queriesAtOnce) {
                    try (TensorScope scope = TensorScope.open()) {
                        work.accept(new Piece(this, number / ofRow, number % ofRow * headsAtOnce, query, worker));
                    }
                }
            });
        }
    }

    /** A few heads of one row, of all queries or some, in the scope that was open when it was made. */
    private final class Piece {
        private final Pieces all;
        private final int row;
        private final int head;
        private final int count;
        private final long query;
        private final long queryCount;
        private final long keyCount;
        private final int worker;
        private final Tensor scores;
        private final Tensor weights;
        private final Tensor spare;
        private final Tensor mask;

        Piece(Pieces all, int row, int head, long query, int worker) {
            this.all = all;
            this.row = row;
            this.head = head;
            this.worker = worker;
            this.count = Math.min(all.headsAtOnce, heads - head);
            this.query = query;
            this.queryCount = Math.min(all.queriesAtOnce, all.length - query);
            this.keyCount = hidesLater ? query + queryCount : all.keyLength;
            this.scores = scratch(0, keyCount);
            this.weights = scratch(1, keyCount);
            this.spare = scratch(2, keyCount);
            this.mask = scratch(3, all.keyLength);
        }

        private Tensor scratch(long which, long keys) {
            return all.scratch
                    .select(0, worker)
                    .select(0, which)
                    .narrow(0, 0, count * queryCount * keys)
                    .view(count, queryCount, keys);
        }

        Tensor queries() {
            return ofQueries(all.queries);
        }

        Tensor keys() {
            return ofKeys(all.keys);
        }

        Tensor values() {
            return ofKeys(all.values);
        }

        /** What the gradients of keys and values are multiplied with that pieces of the same heads before this one have left. */
        Scalar others() {
            return query + queryCount == all.length ? all.zero : all.one;
        }

        /** This piece of (batch, heads, queries, size): (count, its queries, size). */
        Tensor ofQueries(Tensor split) {
            return split.select(0, row).narrow(0, head, count).narrow(1, query, queryCount);
        }

        /** This piece of (batch, heads, keys, size): (count, its keys, size). */
        Tensor ofKeys(Tensor split) {
            return split.select(0, row).narrow(0, head, count).narrow(1, 0, keyCount);
        }

        /** This piece of (heads, queries, keys): (count, its queries, its keys). */
        Tensor ofHeads(Tensor perHead) {
            return ofScores(perHead.narrow(0, head, count));
        }

        /** Of (..., queries or 1, keys) what belongs to its queries and keys. */
        private Tensor ofScores(Tensor scored) {
            final Tensor own = scored.size(1) == 1 ? scored : scored.narrow(1, query, queryCount);
            return own.narrow(2, 0, keyCount);
        }

        /** Scores to begin with; whether there are any. */
        private boolean computeBiases() {
            all.positions.ifPresent(positions -> scores.copy_(ofHeads(positions.select(0, 0))));
            all.biases.ifPresent(bias -> {
                final Tensor own = ofScores(bias.select(0, bias.size(0) == 1 ? 0 : row));
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
                drawMask();
            }
        }

        /** All keys of its queries are drawn, in their order. */
        private void drawMask() {
            final float kept = (float) (1 / keep);
            final boolean together = queryCount == all.length;
            for (int i = 0; i < (together ? 1 : count); i++) {
                final long first = (((long) row * heads + head + i) * all.length + query) * all.keyLength;
                DropoutMask.drawInto(together ? mask : mask.select(0, i), dropoutKey, keep, first, kept);
            }
        }

        Tensor mask() {
            return mask.narrow(2, 0, keyCount);
        }

        /** The weights after dropout. */
        Tensor dropped() {
            return keep < 1 ? torch.mul_out(spare, weights, mask()) : weights;
        }
    }
}
