package dev.finetune.train;

import dev.finetune.batch.MemoryFormat;
import dev.finetune.internal.Records;
import dev.finetune.internal.Told;
import java.util.Objects;

/**
 * How what is asked for is computed: what takes time or memory, and changes no result by more than rounding and the drawing of
 * dropout. Immutable: its methods of one argument give variants.
 *
 * @param memoryFormat how pictures lie in memory; by default as is faster
 * @param gradientCheckpointing whether stages are computed twice instead of keeping what they computed; false by default
 * @param recomputeActivations whether attention with dropout, and activations, keep less for the backward pass and compute the
 *     rest again, and whether the attention of long rows is computed piece by piece; true by default
 * @param cudaGraphs whether on a GPU passes over batches of equal shape are recorded and replayed; true by default
 * @param firstTokenOnly whether the last layer computes only what the head reads; true by default
 * @param keepFrozenOutputs whether the frozen stages that come first compute in evaluation mode, and what they give for
 *     an input that never changes is kept, true by default; otherwise they compute in every step, with their dropout
 * @param rowGradients whether on a CPU gradients of embeddings, and what AdamW remembers of them, are kept of the rows that were
 *     looked up alone; true by default
 */
public record Execution(
        @Told(value = "memory format", quiet = true) MemoryFormat memoryFormat,

        @Told(value = "gradient checkpointing", byDefault = "no", as = "yes")
        boolean gradientCheckpointing,

        @Told(value = "backward pass", as = "all that is computed is kept for it", quiet = true)
        boolean recomputeActivations,

        @Told(value = "CUDA graphs", as = "none are recorded", quiet = true)
        boolean cudaGraphs,

        @Told(value = "last layer", as = "computed for all tokens, read or not", quiet = true)
        boolean firstTokenOnly,

        @Told(value = "frozen stages", byDefault = "computed once an input", as = "computed in every step")
        boolean keepFrozenOutputs,

        @Told(value = "gradients of embeddings", as = "of all rows", quiet = true)
        boolean rowGradients) {
    /** What is fastest, in the memory that it takes. */
    public static final Execution DEFAULT = new Execution(MemoryFormat.AUTO, false, true, true, true, true, true);

    /** Checks that nothing is missing. */
    public Execution {
        Objects.requireNonNull(memoryFormat, "memoryFormat");
    }

    /**
     * How pictures lie in memory: by default channels last where that is faster, on GPUs and from 128 pixels of height on.
     * Results differ by rounding only. Models of texts, which have none, refuse it.
     *
     * @param format of activations and of convolutions' weights
     * @return the same with that setting
     */
    public Execution memoryFormat(MemoryFormat format) {
        Objects.requireNonNull(format, "format");
        return Records.with(this, "memoryFormat", format);
    }

    /**
     * Whether layers are computed twice instead of keeping what they computed: less memory, about a third more time; false by
     * default.
     *
     * @param twice whether they are
     * @return the same with that setting
     */
    public Execution gradientCheckpointing(boolean twice) {
        return Records.with(this, "gradientCheckpointing", twice);
    }

    /**
     * Whether attention with dropout, and the activations of feed-forward blocks, keep less for the backward pass than they
     * computed, and compute the rest again when it is due; true by default. Takes less memory, and for long rows less time.
     * With false, the attention of long rows is not computed piece by piece in evaluations and predictions either. Results
     * differ by rounding only. In bfloat16, and on a GPU, that makes no difference; there it says whether in bfloat16 all
     * weights are cast at once before a pass, and queries, keys and values computed as one product.
     *
     * @param again whether less is kept than was computed
     * @return the same with that setting
     */
    public Execution recomputeActivations(boolean again) {
        return Records.with(this, "recomputeActivations", again);
    }

    /**
     * Whether on a GPU the pass over a batch, forward and backward, is recorded when a batch of its shape comes for the second
     * time, and the recording replayed for all later ones (CUDA graphs), so that the GPU needn't wait for the processor to
     * start each kernel; true by default, and of no effect elsewhere. Results differ by rounding, and by the random numbers that
     * dropout draws. Recordings take device memory, as much as the largest pass, and attention with dropout then keeps its
     * weights. Steps of several batches ({@link Optimization#accumulate(int)}), {@link #gradientCheckpointing(boolean)}, {@link
     * KnowledgePreservation#distill(double)} and {@link Regularization#rDrop(double)} are not recorded.
     *
     * @param record whether passes are recorded
     * @return the same with that setting
     */
    public Execution cudaGraphs(boolean record) {
        return Records.with(this, "cudaGraphs", record);
    }

    /**
     * Whether the last layer computes only what the head reads: for classes, several labels, numbers and first-token
     * embeddings that is the first token of a text, so that nearly all of that layer's work is left out; true by default.
     * Results differ by rounding only, and by the random numbers that dropout then draws. {@link
     * KnowledgePreservation#distill(double)} compares all tokens, and computes them whatever is said here; so do heads that
     * read them all.
     *
     * @param first whether what nobody reads is left out
     * @return the same with that setting
     */
    public Execution firstTokenOnly(boolean first) {
        return Records.with(this, "firstTokenOnly", first);
    }

    /**
     * Whether what the frozen stages at the input's end give is computed once for an input and kept (in memory, then in a
     * temporary file); true by default. They then compute in evaluation mode, without dropout, and the result is the same
     * as without keeping. Inputs that change from epoch to epoch (augmented pictures, masked words) and streams are
     * computed each time. With false, frozen stages compute in every step with their dropout, as under the Trainer.
     *
     * @param keep whether they are kept
     * @return the same with that setting
     */
    public Execution keepFrozenOutputs(boolean keep) {
        return Records.with(this, "keepFrozenOutputs", keep);
    }

    /**
     * Whether gradients of embeddings are kept of the rows that were looked up alone, and AdamW's moments of the rows that ever
     * were; true by default. On a CPU, in float32, of tables of 2<sup>18</sup> numbers or more, as long as no more than half of the
     * rows were; of no effect elsewhere. Takes less memory and time. Weights are the same to the bit for the same gradients; the
     * gradients' norm, which they are clipped by, is the same but for rounding.
     *
     * @param some whether they are kept so
     * @return the same with that setting
     */
    public Execution rowGradients(boolean some) {
        return Records.with(this, "rowGradients", some);
    }
}
