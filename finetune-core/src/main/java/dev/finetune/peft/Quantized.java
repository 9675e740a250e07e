package dev.finetune.peft;

import dev.finetune.nn.Int8Weight;
import dev.finetune.nn.Nf4Weight;
import dev.finetune.nn.PackedWeight;
import org.bytedeco.pytorch.Tensor;

/**
 * In how many bits the weights of a frozen base are kept, for an adapter to be trained beside them (QLoRA: Dettmers et al.,
 * "QLoRA: efficient finetuning of quantized LLMs", 2023). Packed are the weights of the linear layers (of GPT-2's Conv1D, too) of
 * the trunk, each while it is read from the checkpoint; embeddings, norms, biases, the output layer and heads stay as they are.
 * A product unpacks its layer's weight to bfloat16, is computed in bfloat16, and frees it; backward does so again.
 */
public enum Quantized {
    /** 8 bits: whole numbers from -127 to 127 and a scale for each output, {@link Int8Weight}. */
    INT8("8 bits (int8)"),
    /** 4 bits: 4-bit NormalFloat in blocks of 64, {@link Nf4Weight}; with the blocks' scales 4.5 bits. */
    NF4("4 bits (NF4)"),
    /** The same with the blocks' scales in 8 bits, 4.13 bits in all. */
    NF4_DOUBLE("4 bits (NF4, scales in 8 bits)");

    private final String label;

    Quantized(String label) {
        this.label = label;
    }

    /** {@return 8 bits: whole numbers from -127 to 127 and a scale for each output} */
    public static Quantized int8() {
        return INT8;
    }

    /** {@return 4 bits: 4-bit NormalFloat in blocks of 64, as QLoRA has it, their scales in 32 bits} */
    public static Quantized nf4() {
        return NF4;
    }

    /**
     * {@return {@link #nf4} with double quantisation, as QLoRA has it: the blocks' scales are kept in 8 bits, in groups of 256 with a
     * scale in 32 bits}
     */
    public static Quantized nf4Double() {
        return NF4_DOUBLE;
    }

    /**
     * Packs a matrix.
     *
     * @param matrix (out, in) of floats of any type, on the CPU (borrowed)
     * @return the packed matrix, to be closed by the caller
     */
    public PackedWeight pack(Tensor matrix) {
        return switch (this) {
            case INT8 -> Int8Weight.of(matrix);
            case NF4 -> Nf4Weight.of(matrix);
            case NF4_DOUBLE -> Nf4Weight.doubleQuantized(matrix);
        };
    }

    /** {@return such as "4 bits (NF4)"} */
    @Override
    public String toString() {
        return label;
    }
}
