package dev.finetune.lm.decoder;

import dev.finetune.internal.torch.Autocast;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Linear;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What a layer computes in. Where every matrix is kept in bfloat16, or in fewer bits, and no text is being written, what goes from part
 * to part is in bfloat16 on the CPU, as in Transformers, and so is what backward needs of it; norms, turns and attention are computed
 * in floats.
 */
final class LayerInput {
    private LayerInput() {}

    /** The input in what the layer computes in, unless autocast sees to that; while a text is written, all is floats. */
    static Tensor of(Tensor input, List<Linear> matrices, ForwardContext context) {
        if (context.isCached() || !input.is_cpu() || Autocast.isOnForCpu()) {
            return input;
        }
        return input.to(matrices.stream().allMatch(Linear::isInHalf) ? ScalarType.BFloat16 : ScalarType.Float);
    }
}
