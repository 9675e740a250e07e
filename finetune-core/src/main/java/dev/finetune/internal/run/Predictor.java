package dev.finetune.internal.run;

import dev.finetune.batch.HostBatch;
import dev.finetune.calibration.Calibration;
import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import dev.finetune.explain.ExplainedModel;
import dev.finetune.explain.ExplanationMethod;
import dev.finetune.generate.Generated;
import dev.finetune.head.Prediction;
import dev.finetune.internal.torch.Callers;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.metrics.Metrics;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.TextWriter;
import dev.finetune.task.Outputs;
import dev.finetune.task.Task;
import dev.finetune.train.Evaluator;
import dev.finetune.train.TrainingSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** Reads predictions and metrics off a model, which it borrows: from inputs to batches, forward, and back to words. */
public final class Predictor<I> {
    private final LoadedModel<I> model;
    private final TrainingSettings settings;

    /**
     * A predictor.
     *
     * @param settings how rows are put into batches
     */
    public Predictor(LoadedModel<I> model, TrainingSettings settings) {
        this.model = model;
        this.settings = settings;
    }

    /** {@return a prediction for each input, in order} */
    public List<Prediction> predict(List<I> inputs) {
        return new Predicting<>(model, settings, inputs).run();
    }

    /**
     * {@return the vector of each input that the head's last layer reads, in order}
     *
     * @throws FinetuneException if the head has none
     */
    public List<float[]> vectors(List<I> inputs) {
        return new Predicting<>(model, settings, inputs, this::vectors)
                .run().stream()
                        .map(prediction ->
                                prediction.as(Prediction.Vector.class).vector())
                        .toList();
    }

    private List<Prediction> vectors(Map<String, Tensor> outputs, HostBatch host) {
        final Tensor vectors = Stream.of("pooled", "embeddings")
                .filter(outputs::containsKey)
                .map(name -> Outputs.named(outputs, name))
                .findFirst()
                .orElseThrow(() -> new FinetuneException("A "
                        + model.assembly().task().head().kind() + " head reads no vector of a whole input: it gives "
                        + new TreeSet<>(outputs.keySet()) + "."));
        final float[] all = Tensors.floats(vectors);
        final int width = all.length / host.size();
        return IntStream.range(0, host.size())
                .<Prediction>mapToObj(
                        row -> new Prediction.Vector(List.of(Arrays.copyOfRange(all, row * width, (row + 1) * width))))
                .toList();
    }

    /**
     * {@return why the model says what it says of an input}
     *
     * @throws FinetuneException if the model can't be explained so
     */
    public <A> A explain(I input, ExplanationMethod<A> method) {
        Predicting.checkInput(model, input);
        final Assembly<I> assembly = model.assembly();
        final ExplainedModel<I> explained = new ExplainedModel<>(
                name(assembly), assembly.network(), assembly.encoder(), assembly.task(), model.device());
        final ExplanationMethod.Work<A> work = method.start(explained, input);
        Callers.run(work::step, model.device().is_cpu());
        return work.result();
    }

    /**
     * {@return what the model writes}
     *
     * @param inputs of the call
     * @param start begins to write
     * @throws FinetuneException if the model doesn't write
     */
    public List<Generated> generate(List<I> inputs, Function<TextWriter<I>, TextWriter.Work> start) {
        inputs.forEach(input -> Predicting.checkInput(model, input));
        final Assembly<I> assembly = model.assembly();
        if (!(assembly.encoder() instanceof TextWriter<?>)) {
            throw new FinetuneException("This model writes no text: its head is one for "
                    + assembly.task().head().kind() + "; a language model with Heads.causalLm() does.");
        }
        @SuppressWarnings("unchecked") // It reads the same inputs as the encoder that it is.
        final TextWriter<I> writer = (TextWriter<I>) assembly.encoder();
        try (TextWriter.Work work = start.apply(writer)) {
            Callers.run(work::step, model.device().is_cpu() && !work.together());
            return work.result();
        }
    }

    private static String name(Assembly<?> assembly) {
        return Stream.of("model_type", "architecture")
                .filter(assembly.config()::has)
                .map(key -> assembly.config().get(key).getAsString())
                .findFirst()
                .orElse("without a model_type");
    }

    /** {@return loss and metrics on labelled data} */
    public Metrics evaluate(Dataset<I> data) {
        return evaluate(data, model.assembly().task());
    }

    /**
     * {@return what the model's outputs on labelled data are to be calibrated with}
     *
     * @param fit what is fitted to them
     * @throws FinetuneException if they have no classes, or if all rows have the same label
     */
    public Calibration fit(Dataset<I> data, Function<Calibrating, Calibration> fit) {
        final Calibrating outputs = new Calibrating(model.assembly().task());
        evaluate(data, outputs);
        return fit.apply(outputs);
    }

    private Metrics evaluate(Dataset<I> data, Task task) {
        model.reading(data.inputType());
        return Evaluator.evaluate(
                model.assembly().network(),
                task,
                RowsOfData.toEvaluate(data, model.assembly().encoder(), settings, "evaluation"),
                model.device(),
                settings.execution().recomputeActivations());
    }
}
