package dev.finetune.vision.net;

import dev.finetune.nn.Activation;
import java.util.List;

/**
 * A residual network, every name and size said.
 *
 * @param stem the first convolutions, an activation after each
 * @param pooled whether a 3 x 3 maximum pool of stride 2 follows the stem
 * @param stages the blocks of each stage, from the input on
 * @param head the dotted name of the classifier
 * @param features how many channels the last stage gives
 * @param activation in the stem and after each block's sum
 * @param innerActivation between the convolutions of a block
 */
public record ResNetPlan(
        List<ConvPlan> stem,
        boolean pooled,
        List<List<BlockPlan>> stages,
        String head,
        long features,
        Activation activation,
        Activation innerActivation) {
    /** Keeps its own copies. */
    public ResNetPlan {
        stem = List.copyOf(stem);
        stages = stages.stream().map(List::copyOf).toList();
    }
}
