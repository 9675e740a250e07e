package dev.finetune.nn;

import dev.finetune.batch.HostTensor;
import dev.finetune.data.PaddedBatches;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a batch one after the other, (1, tokens, width), with next to no padding between them: what computes each token by
 * itself, such as products and norms, then has that many rows, and not batch * length. Attention takes them in groups of rows of
 * similar length. Owns nothing: its tensors are the batch's.
 */
public final class TokenGroups {
    /** What a group costs beside its tokens, in tokens: the operations of attention are started once more. */
    private static final int OWN_COST = 4;

    /** Where more than this part of all would be computed anyway, all is. */
    private static final double WORTHWHILE = 0.9;

    private final List<Group> groups;
    private final long[] sizes;
    private final Tensor places;
    private final long batch;
    private final long length;

    /** So many rows of similar length, and what hides their padding, (rows, 1, 1, width), if there is some. */
    private record Group(int rows, int width, Optional<Tensor> bias) {}

    private TokenGroups(List<Group> groups, Tensor places, long batch, long length) {
        this.groups = groups;
        this.sizes = groups.stream()
                .mapToLong(group -> (long) group.rows * group.width)
                .toArray();
        this.places = places;
        this.batch = batch;
        this.length = length;
    }

    /** What attends to the rows of a group. */
    public interface Attending {
        /**
         * Attends.
         *
         * @param inputs such as queries, keys and values, each (rows, length, width) (borrowed)
         * @param bias added to the scores, (rows, 1, 1, length): 0 for tokens, minus infinity for padding; null where nothing is padded
         * @param length how many tokens a row has here
         * @return (rows, length, width)
         */
        Tensor attend(List<Tensor> inputs, @Nullable Tensor bias, long length);
    }

    /**
     * {@return the tokens of a batch, where computing them without padding takes less: where the context
     * {@linkplain ForwardContext#leavesOutPadding says so}, on a CPU, and more than a tenth is padding, all of it behind the tokens of its
     * row}
     *
     * @param batch with a column of 64-bit numbers, (batch, length), 1 for tokens and 0 for padding (borrowed)
     * @param mask the column's name
     * @param context of this pass
     */
    public static Optional<TokenGroups> of(Batch batch, String mask, ForwardContext context) {
        return context.leavesOutPadding() && batch.device().is_cpu() && batch.has(mask)
                ? batch.tokenGroups(mask, () -> make(batch, mask))
                : Optional.empty();
    }

    private static Optional<TokenGroups> make(Batch batch, String column) {
        final HostTensor.Longs mask = (HostTensor.Longs) batch.hostColumn(column);
        final int length = Math.toIntExact(mask.shape()[1]);
        final int[] lengths = lengths(mask.data(), length);
        if (Arrays.stream(lengths).anyMatch(own -> own == 0)) {
            return Optional.empty();
        }
        final int[] rows = IntStream.range(0, lengths.length)
                .boxed()
                .sorted(Comparator.comparingInt((Integer row) -> lengths[row]).reversed())
                .mapToInt(Integer::intValue)
                .toArray();
        final int[] sorted = IntStream.of(rows).map(row -> lengths[row]).toArray();
        final List<Integer> ends = PaddedBatches.ends(sorted, rows.length, OWN_COST);
        long tokens = 0;
        for (int i = 0; i < ends.size(); i++) {
            final int from = i == 0 ? 0 : ends.get(i - 1);
            tokens += (long) (ends.get(i) - from) * sorted[from];
        }
        if (tokens > WORTHWHILE * mask.data().length || tokens == 0) {
            return Optional.empty();
        }
        final long[] places = new long[Math.toIntExact(tokens)];
        final List<Group> groups = new ArrayList<>();
        int from = 0;
        int at = 0;
        for (int end : ends) {
            final int width = sorted[from];
            for (int i = from; i < end; i++) {
                for (int j = 0; j < width; j++) {
                    places[at++] = (long) rows[i] * length + j;
                }
            }
            final int[] own = Arrays.copyOfRange(sorted, from, end);
            groups.add(new Group(
                    own.length,
                    width,
                    batch.derived(
                            "token_groups." + column + "." + groups.size(),
                            () -> bias(own, width).map(bias -> TensorValues.of(bias, batch.device())))));
            from = end;
        }
        final Tensor where = batch.derived(
                        "token_groups." + column,
                        () -> Optional.of(
                                TensorValues.of(new HostTensor.Longs(places, 1, places.length), batch.device())))
                .orElseThrow();
        return Optional.of(new TokenGroups(groups, where, lengths.length, length));
    }

    /** How many tokens each row begins with; 0 where others come behind padding. */
    private static int[] lengths(long[] mask, int length) {
        final int[] lengths = new int[length == 0 ? 0 : mask.length / length];
        for (int row = 0; row < lengths.length; row++) {
            int end = (row + 1) * length;
            while (end > row * length && mask[end - 1] == 0) {
                end--;
            }
            final int own = end - row * length;
            final boolean whole = Arrays.stream(mask, row * length, end).allMatch(shown -> shown != 0);
            lengths[row] = whole ? own : 0;
        }
        return lengths;
    }

    /** Empty where nothing is padded. */
    private static Optional<HostTensor> bias(int[] lengths, int width) {
        final float[] bias = new float[lengths.length * width];
        for (int row = 0; row < lengths.length; row++) {
            Arrays.fill(bias, row * width + lengths[row], (row + 1) * width, Float.NEGATIVE_INFINITY);
        }
        return lengths[lengths.length - 1] < width
                ? Optional.of(new HostTensor.Floats(bias, lengths.length, 1, 1, width))
                : Optional.empty();
    }

    /**
     * {@return the tokens of what lies as the batch does}
     *
     * @param padded (batch, length, width) (borrowed)
     * @return (1, tokens, width), in the current scope
     */
    public Tensor gather(Tensor padded) {
        // An embedding's gradient is added up by all cores, an indexed row's isn't.
        return torch.embedding(padded.reshape(batch * length, padded.size(2)), places, -1, false, false);
    }

    /**
     * {@return the numbers of the tokens, such as their ids}
     *
     * @param numbers (batch, length), or (1, length) if they are the same for all rows (borrowed)
     * @return (1, tokens), in the current scope
     */
    public Tensor gatherNumbers(Tensor numbers) {
        return numbers.expand(batch, length).take(places);
    }

    /**
     * {@return tokens where they lie in the batch}
     *
     * @param tokens (1, tokens, width) (borrowed)
     * @return (batch, length, width), something finite for padding, in the current scope
     */
    public Tensor pad(Tensor tokens) {
        final long width = tokens.size(2);
        return torch.zeros(new long[] {batch * length, width}, new TensorOptions(tokens.scalar_type()))
                .index_copy(0, places.squeeze(0), tokens.squeeze(0))
                .view(batch, length, width);
    }

    /**
     * {@return what attention gives for each token}
     *
     * @param inputs such as queries, keys and values, each (1, tokens, width) (borrowed)
     * @param attending attends to a group's rows
     * @return (1, tokens, width), in the current scope
     */
    public Tensor attend(List<Tensor> inputs, Attending attending) {
        final List<TensorVector> parts =
                inputs.stream().map(input -> input.split_with_sizes(sizes, 1)).toList();
        final Tensor[] given = new Tensor[sizes.length];
        for (int i = 0; i < given.length; i++) {
            final int number = i;
            final Group group = groups.get(i);
            final List<Tensor> own = parts.stream()
                    .map(part -> part.get(number).view(group.rows, group.width, -1))
                    .toList();
            given[i] =
                    attending.attend(own, group.bias.orElse(null), group.width).reshape(1, sizes[i], -1);
        }
        return torch.cat(new TensorVector(given), 1);
    }
}
