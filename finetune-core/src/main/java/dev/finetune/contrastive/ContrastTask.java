package dev.finetune.contrastive;

import dev.finetune.batch.HostTensor;
import dev.finetune.head.Head;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.task.Outputs;
import dev.finetune.task.PairsTask;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Which of a batch's inputs belongs to which? With vectors a_i and b_i of pair i, normalised, of n pairs, and a scale s, the
 * loss is the mean over i of -log(exp(s a_i . b_i) / sum over j of exp(s a_i . b_j)): the second inputs of the other pairs are
 * the counterexamples (Henderson et al., "Efficient natural language response suggestion for Smart Reply", 2017; the
 * MultipleNegativesRankingLoss of sentence-transformers). Vectors are "embeddings" (rows, width); rows 2 i and 2 i + 1 are a
 * pair.
 */
public final class ContrastTask extends PairsTask {
    private static final long SUM = 2;

    /** As PyTorch's normalize has it: what a vector's length is at least taken for. */
    private static final double SHORTEST = 1e-12;

    private final Contrast contrast;

    /**
     * A task for a head that gives vectors.
     *
     * @param head of the network
     * @param contrast the scale of cosines
     */
    public ContrastTask(Head head, Contrast contrast) {
        super(head);
        this.contrast = contrast;
    }

    @Override
    public Tensor lossSum(Map<String, Tensor> outputs, Batch batch) {
        final long pairs = batch.size() / 2;
        final Tensor vectors = normalised(paired(Outputs.named(outputs, "embeddings"), batch));
        final Tensor cosines = vectors.select(1, 0).matmul(vectors.select(1, 1).t()); // (pairs, pairs)
        final Tensor own = batch.derived(
                        "own_pair",
                        () -> Optional.of(Tensors.of(
                                new HostTensor.Longs(LongStream.range(0, pairs).toArray(), pairs), batch.device())))
                .orElseThrow();
        return torch.cross_entropy_loss(
                cosines.mul(new Scalar(contrast.scale())), own, new TensorOptional(), SUM, -100, 0);
    }

    /** (pairs, 2, width), each vector of length 1. */
    private static Tensor normalised(Tensor vectors) {
        final Tensor lengths = vectors.pow(new Scalar(2)).sum(2).sqrt().clamp_min(new Scalar(SHORTEST));
        return vectors.div(lengths.unsqueeze(2));
    }
}
