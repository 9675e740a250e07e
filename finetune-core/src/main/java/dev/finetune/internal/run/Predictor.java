package dev.finetune.internal.run;

import dev.finetune.calibration.Calibration;
import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Prediction;
import dev.finetune.metrics.Metrics;
import dev.finetune.task.Task;
import dev.finetune.train.Evaluator;
import dev.finetune.train.TrainingSettings;
import java.util.List;
import java.util.function.Function;

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
