package dev.finetune.lm.seq2seq;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.bert.text.EncodedText;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.lm.generate.GuessingTokens;
import dev.finetune.lm.generate.MostProbable;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Hidden;
import dev.finetune.nn.KeyValueCache;
import dev.finetune.nn.Network;
import dev.finetune.nn.TensorValues;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A decoder that writes a text for each of several sources: the encoder reads them once, and of each of the decoder's layers the
 * keys and values are kept, those of the sources and those of what was written. A row begins with the decoder's first token
 * ({@code decoder_start_token_id}), and goes on as the others do.
 */
public final class Seq2SeqNextTokens extends GuessingTokens {
    private final Device device;
    private final int decoder;
    private final HostTensor.Longs ids;
    private final KeyValueCache cache;
    private List<int[]> sources;

    /** Of each row, which tokens are its source's own. */
    private long[][] masks;

    /** How many tokens were read last. */
    private int lastRead;

    /**
     * Texts for some sources.
     *
     * @param network of a family of this package, on the device, unchanged until this is closed (borrowed)
     * @param sources the tokens of each, special tokens included, at least one
     * @param padding what fills the shorter ones
     * @param expected how many tokens are expected to be written
     * @param device where the network is (borrowed)
     * @throws FinetuneException if the network has no encoder and decoder, or if a source is empty
     */
    public Seq2SeqNextTokens(Network network, List<int[]> sources, int padding, int expected, Device device) {
        super(network);
        this.device = Objects.requireNonNull(device, "device");
        this.cache = new KeyValueCache(expected);
        this.sources = List.copyOf(sources);
        this.decoder = IntStream.range(0, network.stages().size())
                .filter(i -> network.stages().get(i).name().equals(Side.DECODER.embeddings()))
                .findFirst()
                .orElseThrow(
                        () -> new FinetuneException("The network has no decoder beside its encoder: its stages are "
                                + network.stages().stream()
                                        .map(stage -> stage.name())
                                        .toList() + "."));
        final int longest =
                sources.stream().mapToInt(source -> source.length).max().orElse(0);
        if (longest == 0 || sources.stream().anyMatch(source -> source.length == 0)) {
            throw new FinetuneException("Each text that is written needs a source of at least one token.");
        }
        final long[] all = new long[sources.size() * longest];
        Arrays.fill(all, padding);
        this.masks = new long[sources.size()][longest];
        for (int row = 0; row < sources.size(); row++) {
            final int[] source = sources.get(row);
            for (int i = 0; i < source.length; i++) {
                all[row * longest + i] = source[i];
                masks[row][i] = 1;
            }
        }
        this.ids = new HostTensor.Longs(all, sources.size(), longest);
    }

    /**
     * Reads the sources, and what the texts begin with.
     *
     * @param prompts of each source what its text begins with, at least one token each, and equally many
     */
    @Override
    protected float[][] begin(int[][] prompts) {
        if (cache.length() > 0) {
            throw new FinetuneException("The texts have begun already: begin others with new sources.");
        }
        if (prompts.length != masks.length
                || Arrays.stream(prompts).anyMatch(each -> each.length != prompts[0].length)) {
            throw new FinetuneException("There are " + masks.length + " sources, and " + prompts.length
                    + " beginnings of texts, of "
                    + Arrays.stream(prompts).map(each -> each.length).toList()
                    + " tokens: there must be one for each source, and all equally long.");
        }
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = batch(Map.of("input_ids", ids))) {
            final Hidden encoded =
                    network().trunk(0, decoder, Hidden.NONE, batch, ForwardContext.evaluating(), stage -> {});
            return read(prompts, encoded.get(decoder - 1), 1, TensorValues::rows);
        }
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
        return next(Arrays.stream(tokens).mapToObj(token -> new int[] {token}).toArray(int[][]::new), 1, said);
    }

    private <T> T next(int[][] tokens, int asked, Function<Tensor, T> said) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            // Its keys and values are known by now, and nothing else reads what the encoder gave.
            return read(tokens, torch.empty(0), asked, said);
        }
    }

    @Override
    protected <T> T readSeveral(int[][] tokens, Function<Tensor, T> said) {
        lastRead = tokens[0].length;
        return next(tokens, lastRead, logits -> said.apply(logits.squeeze(0)));
    }

    @Override
    protected void keep(int[] tokens) {
        cache.forgetLast(lastRead - tokens[0]);
    }

    @Override
    public int[] source(int row) {
        return sources.get(row);
    }

    /** Takes what the logits of the last so many tokens say. */
    private <T> T read(int[][] tokens, Tensor encoded, int asked, Function<Tensor, T> said) {
        final int length = tokens[0].length;
        final long[] flat = Arrays.stream(tokens)
                .flatMapToInt(Arrays::stream)
                .asLongStream()
                .toArray();
        try (Batch batch = batch(Map.of("decoder_input_ids", new HostTensor.Longs(flat, tokens.length, length)))) {
            final ForwardContext context = ForwardContext.continuing(cache);
            final Hidden last = network()
                    .trunk(
                            decoder,
                            network().stages().size(),
                            new Hidden(Map.of(decoder - 1, encoded)),
                            batch,
                            context,
                            stage -> {})
                    .map(hidden -> hidden.narrow(1, length - asked, asked));
            return said.apply(
                    Objects.requireNonNull(network().head(last, batch, context).get("logits")));
        }
    }

    private Batch batch(Map<String, HostTensor> columns) {
        final Map<String, HostTensor> all = new LinkedHashMap<>(columns);
        final long[] mask = Arrays.stream(masks).flatMapToLong(Arrays::stream).toArray();
        all.put("attention_mask", new HostTensor.Longs(mask, masks.length, masks[0].length));
        final Encoded row = new EncodedText(new int[0], new byte[0], new Target.None(), new EncodedText.Trace.Whole());
        return new Batch(new HostBatch(all, Collections.nCopies(masks.length, row)), device);
    }

    @Override
    public void select(int[] rows) {
        masks = Arrays.stream(rows).mapToObj(row -> masks[row]).toArray(long[][]::new);
        sources = Arrays.stream(rows).mapToObj(sources::get).toList();
        cache.select(Arrays.stream(rows).asLongStream().toArray());
    }

    @Override
    public void close() {
        cache.close();
    }
}
