package dev.finetune.nn;

import org.bytedeco.pytorch.DoubleOptional;
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
     * @param query (batch, length, width)
     * @param key (batch, length, width)
     * @param value (batch, length, width)
     * @param bias added to the scores, broadcastable to (batch, heads, length, length), or null for none
     * @return (batch, length, width)
     */
    public Tensor forward(Tensor query, Tensor key, Tensor value, @Nullable Tensor bias, ForwardContext context) {
        final long batch = query.size(0);
        final long length = query.size(1);
        final long width = query.size(2);
        final Tensor q = split(query);
        final Tensor k = split(key);
        final Tensor v = split(value);
        final Tensor mixed = context.training() && dropout.probability() > 0
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

    private Tensor split(Tensor tensor) {
        final long width = tensor.size(2);
        return tensor.view(tensor.size(0), tensor.size(1), heads, width / heads).transpose(1, 2);
    }
}
