package dev.finetune.lm.head;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Parameter;
import dev.finetune.task.CrossEntropy;
import dev.finetune.task.LossOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A distribution over the vocabulary for the token that comes next. With labels in the batch the head gives "loss", the sum over
 * labelled places, and, in evaluations, "right", how many of them have the largest logit; logits are computed at labelled places
 * only, some at a time, and not kept. Without labels it gives "logits" (batch, length, vocabulary).
 */
public final class LmHead implements HeadModule {
    private final Linear output;
    private final double scale;
    private final Optional<Buffer> bias;
    private final NextTokenTargets targets;
    private final LossOptions options;

    private LmHead(Linear output, double scale, Optional<Buffer> bias, NextTokenTargets targets, LossOptions options) {
        this.output = output;
        this.scale = scale;
        this.bias = bias;
        this.targets = targets;
        this.options = options;
        if (!options.classWeights().isEmpty()) {
            throw new FinetuneException(
                    "loss(l -> l.classWeights(...)): tokens of a vocabulary can't be weighed; leave it out.");
        }
        if (options.focalGamma() > 0) {
            throw new FinetuneException(
                    "loss(l -> l.focalGamma(...)): language models have no focal loss; leave it out.");
        }
    }

    /**
     * {@return the head of a decoder whose labels are its inputs: "labels" (batch, length), each predicted one place earlier}
     *
     * @param output from hidden width to the vocabulary; may share the embeddings
     * @param options label smoothing
     * @throws FinetuneException for class weights and focal loss
     */
    public static LmHead ofNext(Linear output, LossOptions options) {
        return new LmHead(output, 1, Optional.empty(), new NextTokenTargets("labels", true), options);
    }

    /**
     * {@return the head of a decoder that is given its inputs shifted: "labels" (batch, length), each predicted in its place}
     *
     * @param output from hidden width to the vocabulary; may share the embeddings
     * @param scale what hidden states are multiplied with first
     * @param bias (1, vocabulary), added to the logits; isn't trained
     * @param options label smoothing
     * @throws FinetuneException for class weights and focal loss
     */
    public static LmHead ofShifted(Linear output, double scale, Optional<Buffer> bias, LossOptions options) {
        return new LmHead(output, scale, bias, new NextTokenTargets("labels", false), options);
    }

    @Override
    public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
        final Tensor scaled = scale == 1 ? hidden : hidden.mul(new org.bytedeco.pytorch.Scalar(scale));
        if (!batch.has("labels")) {
            return Map.of("logits", logits(scaled, context));
        }
        final Tensor rows = scaled.flatten(0, 1).index_select(0, targets.places(batch));
        final Tensor labels = targets.labels(batch);
        final boolean counts = !context.training();
        final Map<String, Tensor> outputs = new LinkedHashMap<>();
        if (output.plainWeight().isPresent() && (counts || CustomGradients.areOpen()) && rows.is_cpu()) {
            final ChunkedCrossEntropy.Result result = new ChunkedCrossEntropy(options.labelSmoothing())
                    .of(rows, output.plainWeight().get(), bias(), labels, counts);
            outputs.put("loss", result.loss());
            result.right().ifPresent(right -> outputs.put("right", right));
            return outputs;
        }
        final Tensor logits = logits(rows, context).to(ScalarType.Float);
        outputs.put("loss", new CrossEntropy(options, Math.toIntExact(output.outputs())).sum(logits, labels, batch));
        if (counts) {
            outputs.put(
                    "right",
                    logits.argmax(new LongOptional(1), false).eq(labels).sum());
        }
        return outputs;
    }

    private Tensor logits(Tensor rows, ForwardContext context) {
        final Tensor logits = output.forward(rows, context);
        return bias.map(each -> logits.add(each.value())).orElse(logits);
    }

    private @Nullable Tensor bias() {
        return bias.map(Buffer::value).or(output::plainBias).orElse(null);
    }

    @Override
    public List<Buffer> buffers() {
        return bias.map(List::of).orElse(List.of());
    }

    @Override
    public List<Parameter> parameters() {
        return output.parameters();
    }
}
