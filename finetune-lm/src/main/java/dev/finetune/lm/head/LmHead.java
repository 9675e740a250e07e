package dev.finetune.lm.head;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Parameter;
import dev.finetune.preference.PreferenceRows;
import dev.finetune.task.CrossEntropy;
import dev.finetune.task.LossOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A distribution over the vocabulary for the token that comes next. With labels in the batch the head gives "loss", the sum over
 * labelled places, and, in evaluations, "right", how many of them have the largest logit; logits are computed at labelled places
 * only, some at a time, and not kept. In batches of preferences ({@link PreferenceRows#SIDES}) it gives instead "log_probabilities" and
 * "tokens" (batch): those of a row's labels, added up, and how many they are. Without labels it gives "logits" (batch, length, vocabulary).
 */
public final class LmHead implements HeadModule {
    private final Linear output;
    private final double scale;
    private final Optional<Buffer> bias;
    private final @Nullable SoftCap cap;
    private final NextTokenTargets targets;
    private final LossOptions options;

    private LmHead(
            Linear output,
            double scale,
            Optional<Buffer> bias,
            @Nullable SoftCap cap,
            NextTokenTargets targets,
            LossOptions options) {
        this.output = output;
        this.scale = scale;
        this.bias = bias;
        this.cap = cap;
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
        return ofNext(output, OptionalDouble.empty(), options);
    }

    /**
     * {@return the same, with logits that never leave -cap..cap: cap tanh(logits / cap), as Gemma 2 has it}
     *
     * @param output from hidden width to the vocabulary; may share the embeddings
     * @param cap positive; empty for logits as they are
     * @param options label smoothing
     * @throws FinetuneException for class weights and focal loss
     */
    public static LmHead ofNext(Linear output, OptionalDouble cap, LossOptions options) {
        final @Nullable SoftCap soft = cap.isPresent() ? new SoftCap(cap.getAsDouble()) : null;
        return new LmHead(output, 1, Optional.empty(), soft, new NextTokenTargets("labels", true), options);
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
        return new LmHead(output, scale, bias, null, new NextTokenTargets("labels", false), options);
    }

    @Override
    public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
        final Tensor scaled = scale == 1 ? hidden : hidden.mul(new org.bytedeco.pytorch.Scalar(scale));
        if (!batch.has("labels")) {
            return Map.of("logits", logits(scaled, context));
        }
        final Tensor rows = scaled.flatten(0, 1).index_select(0, targets.places(batch));
        final Tensor labels = targets.labels(batch);
        if (batch.has(PreferenceRows.SIDES)) {
            return ofRows(logProbabilities(rows, labels, context), batch);
        }
        final boolean counts = !context.training();
        final Map<String, Tensor> outputs = new LinkedHashMap<>();
        if (isInChunks(rows, context)) {
            final ChunkedCrossEntropy.Result result = new ChunkedCrossEntropy(options.labelSmoothing(), cap)
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

    private boolean isInChunks(Tensor rows, ForwardContext context) {
        return output.plainWeight().isPresent() && (!context.training() || CustomGradients.areOpen()) && rows.is_cpu();
    }

    /** Of each label, (places). */
    private Tensor logProbabilities(Tensor rows, Tensor labels, ForwardContext context) {
        return isInChunks(rows, context)
                ? new ChunkedLogProbabilities(rows, output.plainWeight().orElseThrow(), bias(), labels, cap).get()
                : logits(rows, context)
                        .to(ScalarType.Float)
                        .log_softmax(1)
                        .gather(1, labels.unsqueeze(1))
                        .squeeze(1);
    }

    /** What is added up over the places of each row. */
    private Map<String, Tensor> ofRows(Tensor each, Batch batch) {
        final Tensor none = each.detach().new_zeros(batch.size());
        final Tensor rows = targets.rows(batch);
        return Map.of(
                "log_probabilities",
                none.index_add(0, rows, each),
                "tokens",
                none.index_add(0, rows, each.detach().new_ones(each.size(0))));
    }

    private Tensor logits(Tensor rows, ForwardContext context) {
        final Tensor logits = output.forward(rows, context);
        final Tensor biased = bias.map(each -> logits.add(each.value())).orElse(logits);
        return cap == null ? biased : cap.of(biased);
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
