package dev.finetune.internal.run;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import dev.finetune.fewshot.FewShot;
import dev.finetune.fewshot.LogisticRegression;
import dev.finetune.fewshot.PairRows;
import dev.finetune.fewshot.PairTask;
import dev.finetune.head.Pooling;
import dev.finetune.internal.Listed;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.task.Task;
import dev.finetune.train.RowEncoder;
import dev.finetune.train.Schedule;
import dev.finetune.train.Trainer;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A few examples, top to bottom: pairs teach the network, a logistic regression becomes the head's last layer. */
public final class FewShotFitting<I> {
    private static final double WARMUP = 0.1;

    private final Draft draft;
    private final FewShot fewShot;

    public FewShotFitting(Draft draft, FewShot fewShot) {
        Sharing.refuse(draft.processes(), "fitFewShot(...)");
        this.draft =
                draft.training(said -> said.epochs(1).schedule(Schedule.linear().withWarmupRatio(WARMUP)));
        this.fewShot = fewShot;
    }

    public Trained<I> fit(Dataset<I> train) {
        if (draft.adapter().method().isPresent()) {
            throw new FinetuneException(
                    "fitFewShot(...) replaces the head's last layer, so it doesn't go with lora(...), ia3(...) or"
                            + " adapt(...): freeze layers instead, or use fit(...).");
        }
        if (draft.training().regularization().rDrop() > 0) {
            throw new FinetuneException(
                    "fitFewShot(...) learns from pairs before there are classes to tell apart, so it"
                            + " doesn't go with regularization(r -> r.rDrop(...)): leave that out.");
        }
        IdleSettings.ofClasses(draft).andEvaluations(draft).names().ifPresent(names -> {
            throw new FinetuneException("fitFewShot(...) learns from pairs, then fits a logistic regression, without"
                    + " evaluating; " + names
                    + " would do nothing there. Leave out what is named,"
                    + " or use fit(...).");
        });
        if (train.size().isEmpty()) {
            throw new FinetuneException(
                    "fitFewShot(...) is for a few examples in memory, not for a stream (" + train.describe() + ").");
        }
        final List<String> warnings = new ArrayList<>();
        final Fitting<I> fitting = new Fitting<>(draft);
        try {
            fitting.lookAt(train, Optional.empty(), warnings);
            return fit(train, fitting, warnings);
        } finally {
            fitting.close();
        }
    }

    private Trained<I> fit(Dataset<I> train, Fitting<I> fitting, List<String> warnings) {
        final LoadedModel<I> model = open(train, fitting, warnings);
        try {
            final Task task = model.assembly().task();
            final int classes = task.head().rows();
            if (task.scores() != Task.Scores.ONE_OF_SEVERAL) {
                throw new FinetuneException("fitFewShot(...) is for one class of several, not for a "
                        + task.head().kind() + " head.");
            }
            final List<Encoded> rows = RowEncoder.encode(train, model.assembly().encoder());
            final List<Parameter> last = lastLayer(model, classes);
            final List<Boolean> trained =
                    last.stream().map(Parameter::isTrained).toList();
            last.forEach(parameter -> parameter.setTrained(false));
            final Map<String, Object> more = Map.of("few-shot", fewShot);
            fitting.begins(model, more, train);
            final TrainingHistory history;
            try {
                history = contrast(model, rows, fitting.keeping(warnings));
                for (int i = 0; i < last.size(); i++) {
                    last.get(i).setTrained(trained.get(i));
                }
                regress(model, rows, last, classes);
            } catch (RuntimeException e) {
                fitting.failed(model, more, e, train);
                throw e;
            }
            return fitting.unevaluated(model, more, train, warnings, history);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /**
     * The model. Where its head has layers below the last one that nobody trained, as a pooler that the checkpoint lacks, pairs
     * would teach what these make of the first token; so it reads the pooled vectors themselves, as SetFit does.
     */
    private LoadedModel<I> open(Dataset<I> train, Fitting<I> fitting, List<String> warnings) {
        final LoadedModel<I> model = LoadedModel.openToTrain(draft, train);
        final List<String> random;
        try {
            random = randomBelowLast(model);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
        if (random.isEmpty() || draft.initialization().randomWeights()) {
            return model;
        }
        model.close();
        final Pooling pooling = ModelReading.look(draft, SentenceModules::usualPooling);
        final LoadedModel<I> pooled = LoadedModel.openToTrain(draft, train, Optional.of(pooling));
        if (randomBelowLast(pooled).isEmpty()) {
            fitting.warn(
                    "The checkpoint has no " + Listed.few(random)
                            + ", through which the head would read the first token."
                            + " It reads the "
                            + (pooling == Pooling.MEAN ? "mean of the tokens' vectors" : "first token's vector")
                            + " instead, as SetFit does. Saved, the model loads here as it is; Transformers, which has no such"
                            + " head, would put random layers there.",
                    warnings);
        }
        return pooled;
    }

    private static List<String> randomBelowLast(LoadedModel<?> model) {
        final List<Parameter> head = model.assembly().network().head().parameters();
        return head.subList(0, Math.max(0, head.size() - 2)).stream()
                .filter(Parameter::isNewlyInitialized)
                .map(Parameter::name)
                .toList();
    }

    /** Weight and bias of the layer that gives the logits: a linear one, or a convolution of 1 x 1. */
    private static List<Parameter> lastLayer(LoadedModel<?> model, int classes) {
        final List<Parameter> head = model.assembly().network().head().parameters();
        final List<Parameter> last = head.subList(Math.max(0, head.size() - 2), head.size());
        final boolean fits = last.size() == 2
                && last.get(0).shape().length >= 2
                && last.get(0).shape()[0] == classes
                && Arrays.stream(last.get(0).shape()).skip(2).allMatch(size -> size == 1)
                && Arrays.equals(last.get(1).shape(), new long[] {classes});
        if (!fits) {
            throw new FinetuneException("Few-shot learning needs a head whose last layer is linear, or a convolution "
                    + "of 1 x 1; this one's parameters are "
                    + head.stream().map(Parameter::name).toList() + ".");
        }
        return last;
    }

    private TrainingHistory contrast(LoadedModel<I> model, List<Encoded> rows, TrainingListener listener) {
        final TrainingSettings settings = draft.settings();
        final Trainer trainer = new Trainer(
                        model.assembly().network(),
                        new PairTask(model.assembly().task().head()),
                        settings,
                        model.device(),
                        listener,
                        draft.cancellation())
                .with(Fitting.checkpointing(draft, Map.of("few-shot", fewShot), model));
        return trainer.train(
                new PairRows(
                        rows,
                        model.assembly().encoder(),
                        fewShot.pairsPerRow(),
                        settings.batchSize().rows(),
                        settings.seed()),
                Optional.empty());
    }

    private void regress(LoadedModel<I> model, List<Encoded> rows, List<Parameter> last, int classes) {
        final Network network = model.assembly().network();
        final List<float[]> vectors = passes(model).run(rows, (batch, host, context) -> {
            final float[] flat = Tensors.floats(PairTask.vectors(network.forward(batch, context)));
            final int width = flat.length / batch.size();
            return IntStream.range(0, batch.size())
                    .mapToObj(row -> Arrays.copyOfRange(flat, row * width, (row + 1) * width))
                    .toList();
        });
        final int[] truths = rows.stream()
                .mapToInt(row -> ((Target.Index) row.target()).index())
                .toArray();
        final LogisticRegression.Fit fit = LogisticRegression.fit(vectors, truths, classes, fewShot.regularisation());
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            copy(fit.weight(), last.get(0), model);
            copy(fit.bias(), last.get(1), model);
        }
        if (last.get(0).shape().length > 2) {
            lift(model, rows, last.get(0).value(), last.get(1).value());
        }
    }

    /**
     * A head that convolves the last stage's output, rectifies and then takes the mean gives the regression's logits where
     * there is nothing to rectify. So all biases go up by the same, which softmax doesn't see: by twice what the lowest
     * number lacks, of these rows.
     */
    private void lift(LoadedModel<I> model, List<Encoded> rows, Tensor weight, Tensor bias) {
        final Network network = model.assembly().network();
        final List<Float> least = passes(model).run(rows, (batch, host, context) -> {
            final Tensor hidden = network.trunk(batch, context, stage -> {}).last();
            final float[] ofRows = Tensors.floats(torch.conv2d(hidden, weight)
                    .amin(new long[] {2, 3}, false)
                    .add_(bias)
                    .amin(new long[] {1}, false));
            return IntStream.range(0, ofRows.length)
                    .mapToObj(row -> ofRows[row])
                    .toList();
        });
        final double lowest = Math.min(0, Collections.min(least));
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            bias.add_(new Scalar(-2 * lowest));
        }
    }

    private RowPasses passes(LoadedModel<I> model) {
        return new RowPasses(
                model,
                ForwardContext.evaluating(draft.training().execution().recomputeActivations()),
                draft.training().evaluation().batchSize(),
                rows -> "Computing the vectors of " + rows + " rows");
    }

    private static void copy(float[] values, Parameter to, LoadedModel<?> model) {
        to.value().copy_(Tensors.of(new HostTensor.Floats(values, to.shape()), model.device()));
    }
}
