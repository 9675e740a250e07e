package dev.finetune.nn;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.DropoutMask;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * softmax(Q K^T / sqrt(d) + bias) V, head by head (Vaswani et al., 2017).
 *
 * @param heads how many heads the width is cut into
 * @param dropout drops attention weights in training
 */
public record Attention(int heads, Dropout dropout) {
    /**
     * Attends.
     *
     * @param query (batch, queries, width); as many as keys, or fewer
     * @param key (batch, length, width)
     * @param value (batch, length, width)
     * @param bias added to the scores, (batch, 1, 1, length), or null for none; gets no gradient where pieces are computed
     * @return (batch, queries, width)
     */
    public Tensor forward(Tensor query, Tensor key, Tensor value, @Nullable Tensor bias, ForwardContext context) {
        final long batch = query.size(0);
        final long length = query.size(1);
        final long width = query.size(2);
        final boolean drops = context.training() && dropout.probability() > 0;
        final boolean recorded =
                GradMode.is_enabled() && (query.requires_grad() || key.requires_grad() || value.requires_grad());
        if (context.lean()
                && PiecewiseAttention.pays(heads, query, drops)
                && (!recorded || CustomGradients.areOpen())) {
            final double keep = drops ? DropoutMask.exactKeep(1 - dropout.probability()) : 1;
            return new PiecewiseAttention(heads, keep, drops ? context.nextKey() : 0).forward(query, key, value, bias);
        }
        final Tensor q = PiecewiseAttention.split(query, heads);
        final Tensor k = PiecewiseAttention.split(key, heads);
        final Tensor v = PiecewiseAttention.split(value, heads);
        final Tensor mixed = drops
                ? withDropout(q, k, v, bias, context)
                : torch.scaled_dot_product_attention(
                        q,
                        k,
                        v,
                        bias == null ? new TensorOptional() : new TensorOptional(bias),
                        0.0,
                        false,
                        new DoubleOptional(),
                        false);
        return mixed.transpose(1, 2).reshape(batch, length, width);
    }

    /** The fused kernels take no mask of ours, so the weights are computed, dropped and applied one by one. */
    private Tensor withDropout(Tensor q, Tensor k, Tensor v, @Nullable Tensor bias, ForwardContext context) {
        final Tensor scaled = q.mul(new Scalar(1 / Math.sqrt((double) q.size(3))));
        Tensor scores = torch.matmul(scaled, k.transpose(2, 3));
        if (bias != null) {
            scores = scores.add_(bias);
        }
        return torch.matmul(dropout.forward(torch.softmax(scores, -1), context), v);
    }
}
