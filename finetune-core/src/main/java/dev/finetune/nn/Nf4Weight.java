package dev.finetune.nn;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.internal.torch.Workers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A matrix in 4-bit NormalFloat (Dettmers et al., "QLoRA: efficient finetuning of quantized LLMs", 2023, appendix E): its
 * numbers in row-major order in blocks of 64, each number as the nearest of 16 {@linkplain #VALUES values} times the block's
 * largest absolute number, which is kept in 32 bits; 4.5 bits a number. With double quantisation that is kept in 8 bits
 * ({@link Nf4Scales.DoubleQuantized}); 4.13 bits a number. Laid out as bitsandbytes does: two numbers a byte, the first in the
 * upper half. The last block may be shorter.
 */
public final class Nf4Weight implements PackedWeight {
    /** How many numbers share a scale. */
    static final int BLOCK = 64;

    /** The quantiles of a normal distribution, from -1 to 1, that the 16 codes stand for, as bitsandbytes has them. */
    static final List<Float> VALUES = List.of(
            -1.0f,
            -0.6961928009986877f,
            -0.5250730514526367f,
            -0.39491748809814453f,
            -0.28444138169288635f,
            -0.18477343022823334f,
            -0.09105003625154495f,
            0.0f,
            0.07958029955625534f,
            0.16093020141124725f,
            0.24611230194568634f,
            0.33791524171829224f,
            0.44070982933044434f,
            0.5626170039176941f,
            0.7229568362236023f,
            1.0f);

    private static final int CODES = 16;
    private static final int BYTES = 256;

    /** Blocks that are unpacked at a time: so many that their floats stay in a core's cache. */
    private static final int BLOCKS_ON_CPU = 8192;

    private static final int BLOCKS_ON_GPU = 1 << 18;

    private final long[] shape;
    private final Tensor codes;
    private final Nf4Scales scales;

    /** The two numbers that each byte stands for, as the 8 bytes of a long: so that one look-up gives both. */
    private final Tensor pairs;

    private Nf4Weight(long[] shape, Tensor codes, Nf4Scales scales) {
        this.shape = shape;
        this.codes = codes;
        this.scales = scales;
        this.pairs = pairs();
    }

    /**
     * Packs a matrix, some blocks at a time.
     *
     * @param matrix (out, in) of floats of any type, on the CPU (borrowed)
     * @return the packed matrix, to be closed by the caller
     */
    public static Nf4Weight of(Tensor matrix) {
        return of(matrix, false);
    }

    /**
     * Packs a matrix, and then its blocks' scales.
     *
     * @param matrix (out, in) of floats of any type, on the CPU (borrowed)
     * @return the packed matrix, to be closed by the caller
     */
    public static Nf4Weight doubleQuantized(Tensor matrix) {
        return of(matrix, true);
    }

    private static Nf4Weight of(Tensor matrix, boolean twice) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor flat = matrix.detach().contiguous().flatten();
            final long blocks = (flat.numel() + BLOCK - 1) / BLOCK;
            final Tensor codes = torch.empty(new long[] {blocks, BLOCK / 2}, new TensorOptions(ScalarType.Byte), null);
            final Tensor scales = torch.empty(new long[] {blocks, 1}, new TensorOptions(ScalarType.Float), null);
            final Tensor borders = borders();
            for (long first = 0; first < blocks; first += BLOCKS_ON_CPU) {
                final long count = Math.min(BLOCKS_ON_CPU, blocks - first);
                pack(block(flat, first, count), borders, codes.narrow(0, first, count), scales.narrow(0, first, count));
            }
            final Nf4Scales kept = twice ? Nf4Scales.DoubleQuantized.of(scales) : new Nf4Scales.Plain(scales);
            kept.tensors().forEach(Tensors::own);
            return new Nf4Weight(Tensors.shape(matrix), Tensors.own(codes), kept);
        }
    }

    /** Some blocks, (count, 64), filled up with zeros where there are no more numbers; in the current scope. */
    private static Tensor block(Tensor flat, long first, long count) {
        final long there = Math.min(count * BLOCK, flat.numel() - first * BLOCK);
        final Tensor numbers = flat.narrow(0, first * BLOCK, there);
        return there == count * BLOCK
                ? numbers.view(count, BLOCK)
                : torch.constant_pad_nd(numbers, 0, count * BLOCK - there).view(count, BLOCK);
    }

    private static void pack(Tensor blocks, Tensor borders, Tensor codes, Tensor scales) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor floats = blocks.to(ScalarType.Float);
            scales.copy_(floats.abs().amax(new long[] {1}, true));
            final Tensor divisors = scales.masked_fill(scales.eq(new Scalar(0)), new Scalar(1));
            final Tensor nearest =
                    torch.bucketize(floats.div(divisors), borders, true, false).to(ScalarType.Byte);
            final Tensor two = nearest.view(blocks.size(0), BLOCK / 2, 2);
            codes.copy_(two.select(2, 0).mul(new Scalar(CODES)).add_(two.select(2, 1)));
        }
    }

    /** Halfway between each value and the next; a number on the border is the lower one's. In the current scope. */
    private static Tensor borders() {
        final float[] borders = new float[CODES - 1];
        for (int i = 0; i < borders.length; i++) {
            borders[i] = (VALUES.get(i) + VALUES.get(i + 1)) / 2;
        }
        return Tensors.of(borders, borders.length);
    }

    private static Tensor pairs() {
        final float[] both = new float[2 * BYTES];
        for (int i = 0; i < BYTES; i++) {
            both[2 * i] = VALUES.get(i / CODES);
            both[2 * i + 1] = VALUES.get(i % CODES);
        }
        try (TensorScope scope = TensorScope.open()) {
            return Tensors.own(Tensors.of(both, both.length).view(ScalarType.Long));
        }
    }

    @Override
    public long[] shape() {
        return shape.clone();
    }

    @Override
    public String format() {
        return "4 bits (" + scales.format() + ")";
    }

    /** Each number is computed in 32 bits and then rounded. */
    @Override
    public void unpack(Tensor into) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor all = into.view(-1);
            final long blocks = codes.size(0);
            if (codes.is_cpu()) {
                // LibTorch looks up in a table of one dimension on one core.
                Workers.run(pieces(blocks, BLOCKS_ON_CPU), (piece, worker) -> unpack(piece, BLOCKS_ON_CPU, all));
            } else {
                for (int piece = 0; piece < pieces(blocks, BLOCKS_ON_GPU); piece++) {
                    unpack(piece, BLOCKS_ON_GPU, all);
                }
            }
        }
    }

    private static int pieces(long blocks, int ofPiece) {
        return Math.toIntExact((blocks + ofPiece - 1) / ofPiece);
    }

    /** The last block may hold more than there are numbers. */
    private void unpack(long piece, long most, Tensor all) {
        try (TensorScope scope = TensorScope.open()) {
            final long first = piece * most;
            final long count = Math.min(most, codes.size(0) - first);
            final Tensor bytes = codes.narrow(0, first, count).flatten().to(ScalarType.Int);
            final Tensor numbers = pairs.index_select(0, bytes)
                    .view(ScalarType.Float)
                    .view(count, BLOCK)
                    .mul_(scales.of(first, count));
            final long there = Math.min(count * BLOCK, all.size(0) - first * BLOCK);
            all.narrow(0, first * BLOCK, there).copy_(numbers.flatten().narrow(0, 0, there));
        }
    }

    @Override
    public Optional<Tensor> outputScales() {
        return Optional.empty();
    }

    @Override
    public List<Tensor> tensors() {
        final List<Tensor> all = new ArrayList<>(List.of(codes));
        all.addAll(scales.tensors());
        all.add(pairs);
        return all;
    }
}
