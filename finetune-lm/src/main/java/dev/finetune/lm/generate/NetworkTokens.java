package dev.finetune.lm.generate;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Hidden;
import dev.finetune.nn.KeyValueCache;
import dev.finetune.nn.Network;
import dev.finetune.nn.TensorValues;
import dev.finetune.task.Outputs;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * The next tokens of a decoder. Shorter prompts are padded on their left, padding hidden and positions counted in each row by itself,
 * so that all rows' next tokens stand in one column; logits are computed of the last column alone. Any thread may make the next
 * call.
 */
public final class NetworkTokens extends GuessingTokens {
    /** Columns in which all rows are padded are forgotten when there are so many. */
    private static final int FORGOTTEN = 64;

    private final long paddingId;
    private final KeyValueCache cache;

    /** How many columns of each row are padding, and how many there are. */
    private int[] padded = {};

    private int columns;

    /**
     * Begins with nothing read.
     *
     * @param network a decoder with an output layer over its vocabulary; evaluates (borrowed)
     * @param paddingId the id that fills shorter prompts, and that nothing reads
     * @param expected how many tokens are expected to come
     */
    public NetworkTokens(Network network, int paddingId, int expected) {
        this(network, paddingId, new KeyValueCache(expected));
    }

    private NetworkTokens(Network network, long paddingId, KeyValueCache cache) {
        super(network);
        this.paddingId = paddingId;
        this.cache = cache;
    }

    @Override
    public float[][] start(int[][] prompts) {
        columns = Arrays.stream(prompts).mapToInt(prompt -> prompt.length).max().orElseThrow();
        padded = Arrays.stream(prompts)
                .mapToInt(prompt -> columns - prompt.length)
                .toArray();
        final long[] ids = new long[prompts.length * columns];
        Arrays.fill(ids, paddingId);
        for (int row = 0; row < prompts.length; row++) {
            for (int i = 0; i < prompts[row].length; i++) {
                ids[row * columns + padded[row] + i] = prompts[row][i];
            }
        }
        return read(ids, columns, 1, TensorValues::rows);
    }

    @Override
    public float[][] next(int[] tokens) {
        return next(tokens, TensorValues::rows);
    }

    @Override
    public MostProbable nextMostProbable(int[] tokens, int[][] forbidden) {
        return next(tokens, logits -> MostProbable.of(logits, forbidden));
    }

    private <T> T next(int[] tokens, Function<Tensor, T> said) {
        columns++;
        return read(Arrays.stream(tokens).asLongStream().toArray(), 1, 1, said);
    }

    @Override
    protected <T> T readSeveral(int[] tokens, Function<Tensor, T> said) {
        columns += tokens.length;
        return read(Arrays.stream(tokens).asLongStream().toArray(), tokens.length, tokens.length, said);
    }

    @Override
    protected void forgetLast(int tokens) {
        cache.forgetLast(tokens);
        columns -= tokens;
    }

    @Override
    public void select(int[] rows) {
        padded = Arrays.stream(rows).map(row -> padded[row]).toArray();
        cache.select(Arrays.stream(rows).asLongStream().toArray());
        final int unread = Arrays.stream(padded).min().orElse(0);
        if (unread >= FORGOTTEN) {
            cache.forget(unread);
            columns -= unread;
            padded = Arrays.stream(padded).map(each -> each - unread).toArray();
        }
    }

    /** {@return a row by itself, which this keeps, too} */
    NetworkTokens copyOf(int row) {
        final NetworkTokens copy = new NetworkTokens(network(), paddingId, cache.copyOf(row));
        copy.padded = new int[] {padded[row]};
        copy.columns = columns;
        return copy;
    }

    /** Takes in others' rows after its own; the others are closed. */
    void join(List<NetworkTokens> others) {
        final int all = Math.max(
                columns, others.stream().mapToInt(each -> each.columns).max().orElse(columns));
        padded = IntStream.concat(moved(all), others.stream().flatMapToInt(each -> each.moved(all)))
                .toArray();
        columns = all;
        cache.join(others.stream().map(each -> each.cache).toList());
    }

    private IntStream moved(int toColumns) {
        return Arrays.stream(padded).map(each -> each + toColumns - columns);
    }

    /** Reads the last columns, so many of each row, and takes what the logits of the last so many of them say. */
    private <T> T read(long[] ids, int count, int asked, Function<Tensor, T> said) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open();
                Batch batch = new Batch(new HostBatch(columns(ids, count), List.of()), device())) {
            final ForwardContext context = ForwardContext.continuing(cache);
            final Hidden last = network()
                    .trunk(batch, context, stage -> {})
                    .map(stage -> stage.narrow(1, stage.size(1) - asked, asked));
            return said.apply(Outputs.named(network().head(last, batch, context), "logits"));
        } catch (RuntimeException e) {
            throw Tensors.translate("Reading " + count + " tokens of " + padded.length + " rows", e);
        }
    }

    private Device device() {
        return network().parameters().get(0).value().device();
    }

    private Map<String, HostTensor> columns(long[] ids, int count) {
        final int rows = padded.length;
        final long[] mask = new long[rows * columns];
        final long[] positions = new long[rows * count];
        for (int row = 0; row < rows; row++) {
            Arrays.fill(mask, row * columns + padded[row], (row + 1) * columns, 1);
            for (int i = 0; i < count; i++) {
                positions[row * count + i] = Math.max(0, columns - count + i - padded[row]);
            }
        }
        return Map.of(
                "input_ids",
                new HostTensor.Longs(ids, rows, count),
                "attention_mask",
                new HostTensor.Longs(mask, rows, columns),
                "position_ids",
                new HostTensor.Longs(positions, rows, count));
    }

    @Override
    public void close() {
        cache.close();
    }
}
