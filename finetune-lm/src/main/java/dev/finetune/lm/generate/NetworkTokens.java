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
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * The next tokens of a decoder. Shorter prompts are padded on their left, padding hidden and positions counted in each row by itself,
 * so that all rows' next tokens stand in one column, until guesses are right in one row and wrong in another: from then on each row goes on
 * after its own last token. Logits are computed of the tokens alone that are asked for. Any thread may make the next call.
 */
public final class NetworkTokens extends GuessingTokens {
    /** Columns in which all rows are padded are forgotten when there are so many. */
    private static final int FORGOTTEN = 64;

    private final int paddingId;
    private final KeyValueCache cache;

    /** How many columns of each row are padding, before its tokens. */
    private int[] padded = {};

    /** After which column each row goes on. */
    private int[] ends = {};

    /** How many columns were read last, of all rows. */
    private int last;

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

    private NetworkTokens(Network network, int paddingId, KeyValueCache cache) {
        super(network);
        this.paddingId = paddingId;
        this.cache = cache;
    }

    @Override
    protected float[][] begin(int[][] prompts) {
        final int longest =
                Arrays.stream(prompts).mapToInt(prompt -> prompt.length).max().orElseThrow();
        padded = Arrays.stream(prompts)
                .mapToInt(prompt -> longest - prompt.length)
                .toArray();
        ends = new int[prompts.length];
        final int[][] rows = IntStream.range(0, prompts.length)
                .mapToObj(row -> IntStream.concat(
                                IntStream.generate(() -> paddingId).limit(padded[row]), Arrays.stream(prompts[row]))
                        .toArray())
                .toArray(int[][]::new);
        return read(rows, stage -> stage.narrow(1, longest - 1L, 1), TensorValues::rows);
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
        return read(Arrays.stream(tokens).mapToObj(token -> new int[] {token}).toArray(int[][]::new), all -> all, said);
    }

    @Override
    protected <T> T readSeveral(int[][] tokens, Function<Tensor, T> said) {
        final int longest = longest(tokens);
        final long[] places = IntStream.range(0, tokens.length)
                .boxed()
                .flatMapToLong(row -> LongStream.range(0, tokens[row].length).map(i -> (long) row * longest + i))
                .toArray();
        if (places.length == tokens.length * longest) {
            return read(tokens, stage -> stage, logits -> said.apply(logits.reshape(places.length, logits.size(2))));
        }
        final Function<Tensor, Tensor> own = stage -> stage.reshape(1, (long) tokens.length * longest, stage.size(2))
                .index_select(1, TensorValues.of(new HostTensor.Longs(places, places.length), stage.device()));
        return read(tokens, own, logits -> said.apply(logits.squeeze(0)));
    }

    private static int longest(int[][] tokens) {
        return Arrays.stream(tokens).mapToInt(row -> row.length).max().orElse(0);
    }

    @Override
    protected void keep(int[] tokens) {
        final int[] forgotten = Arrays.stream(tokens).map(kept -> last - kept).toArray();
        cache.forgetLast(forgotten);
        ends = IntStream.range(0, ends.length)
                .map(row -> ends[row] - forgotten[row])
                .toArray();
    }

    @Override
    public void select(int[] rows) {
        padded = Arrays.stream(rows).map(row -> padded[row]).toArray();
        ends = Arrays.stream(rows).map(row -> ends[row]).toArray();
        cache.select(Arrays.stream(rows).asLongStream().toArray());
        forgetPadding();
    }

    private void forgetPadding() {
        final int unread = Arrays.stream(padded).min().orElse(0);
        if (unread >= FORGOTTEN) {
            cache.forget(unread);
            padded = moved(padded, -unread);
            ends = moved(ends, -unread);
        }
    }

    private static int[] moved(int[] columns, int by) {
        return Arrays.stream(columns).map(each -> each + by).toArray();
    }

    /** How many columns there are. */
    private int columns() {
        return Arrays.stream(ends).max().orElse(0);
    }

    /** {@return a row by itself, which this keeps, too} */
    NetworkTokens copyOf(int row) {
        final NetworkTokens copy = new NetworkTokens(network(), paddingId, cache.copyOf(row, padded[row]));
        copy.padded = new int[1];
        copy.ends = new int[] {ends[row] - padded[row]};
        copy.goesOnFrom(this);
        return copy;
    }

    /** Takes in others' rows after its own, so that all end together; the others are closed. */
    void join(List<NetworkTokens> others) {
        final List<NetworkTokens> each =
                Stream.concat(Stream.of(this), others.stream()).toList();
        final int all = each.stream().mapToInt(NetworkTokens::columns).max().orElse(0);
        padded = each.stream()
                .flatMapToInt(some ->
                        IntStream.range(0, some.ends.length).map(row -> some.padded[row] + all - some.ends[row]))
                .toArray();
        ends = new int[padded.length];
        Arrays.fill(ends, all);
        cache.join(others.stream().map(some -> some.cache).toList());
        forgetPadding();
    }

    /**
     * Reads more tokens of each row, of which the longest has all that are counted, and takes what the logits of some say.
     *
     * @param asked takes those out of (rows, tokens, width)
     */
    private <T> T read(int[][] tokens, Function<Tensor, Tensor> asked, Function<Tensor, T> said) {
        final int count = longest(tokens);
        final Map<String, HostTensor> read = batch(tokens, count);
        last = count;
        ends = moved(ends, count);
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open();
                Batch batch = new Batch(new HostBatch(read, List.of()), device())) {
            final ForwardContext context = ForwardContext.continuing(cache);
            final Hidden asking = network().trunk(batch, context, stage -> {}).map(asked::apply);
            return said.apply(Outputs.named(network().head(asking, batch, context), "logits"));
        } catch (RuntimeException e) {
            throw Tensors.translate("Reading " + count + " tokens of " + padded.length + " rows", e);
        }
    }

    private Device device() {
        return network().parameters().get(0).value().device();
    }

    /** So many more of each row; those of shorter ones are hidden from it, and stand where its last one does. */
    private Map<String, HostTensor> batch(int[][] tokens, int count) {
        final int rows = padded.length;
        final int columns = columns() + count;
        final long[] ids = new long[rows * count];
        final long[] mask = new long[rows * columns];
        final long[] positions = new long[rows * count];
        for (int row = 0; row < rows; row++) {
            final int end = ends[row] + tokens[row].length;
            Arrays.fill(mask, row * columns + padded[row], row * columns + end, 1);
            for (int i = 0; i < count; i++) {
                ids[row * count + i] = i < tokens[row].length ? tokens[row][i] : paddingId;
                positions[row * count + i] = Math.max(0, Math.min(ends[row] + i, end - 1) - padded[row]);
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
