package dev.finetune.task;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.Target;
import dev.finetune.calibration.Calibration;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.metrics.MetricOrder;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.Totals;
import dev.finetune.nn.Batch;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/** What a head is trained for: the loss that compares outputs with targets, metrics, and predictions. Stateless. */
public interface Task {
    /**
     * {@return the task of a head that says one thing of a whole input: a class, classes, numbers, a vector, or what the head
     * itself brings}
     *
     * @param head whose labels are known
     * @param loss label smoothing, class weights and focal loss
     * @throws FinetuneException for heads that need a family's own task, and for options that mean nothing to the head
     */
    static Task ofWholeInput(Head head, LossOptions loss) {
        if (head instanceof TaskHead own) {
            return own.task(loss);
        }
        if (head instanceof Head.Classification classes) {
            return new ClassificationTask(classes, loss);
        }
        loss.checkWithoutOneClass(head);
        if (head instanceof Head.MultiLabel labels) {
            return new MultiLabelTask(labels, loss);
        }
        if (head instanceof Head.Regression regression) {
            return new RegressionTask(regression);
        }
        if (head instanceof Head.Features features) {
            return new FeaturesTask(features);
        }
        throw new FinetuneException("This model has no head for " + head.kind()
                + "; it can be given one for classes, several labels, regression or features.");
    }

    /** {@return the head that it belongs to, with its labels} */
    Head head();

    /** {@return the names of the outputs' columns, empty where they have none} */
    default List<String> labels() {
        return head().labels();
    }

    /**
     * {@return what the sum of losses is divided by to give the mean: the number of examples, labelled tokens or
     * values, weighted as the loss weighs them}
     *
     * @param batch the batch (borrowed)
     */
    double weight(HostBatch batch);

    /**
     * {@return the sum of the losses of a batch, a scalar in the current scope; divided by {@link #weight} it is the
     * loss}
     *
     * @param outputs the head's outputs by name (borrowed)
     * @param batch the batch (borrowed)
     */
    Tensor lossSum(Map<String, Tensor> outputs, Batch batch);

    /**
     * Starts to score an evaluation.
     *
     * @return an empty score, for the batches of one evaluation
     */
    Scorer scorer();

    /** {@return the metric that says best whether the model got better ("accuracy", "f1")} */
    String mainMetric();

    /**
     * {@return which of two values of one of its metrics is better}
     *
     * @param metric such as "f1"
     * @throws FinetuneException if there is none of that name, with the names that there are
     */
    default MetricOrder order(String metric) {
        return scorer().result(Double.NaN).order(metric);
    }

    /**
     * {@return how labels become targets, for encoders of whole inputs; of {@link Label.None}, as in predicting, {@link
     * Target.None}}
     *
     * @throws FinetuneException from the function, if a label is of another kind than the head's, or unknown to it
     */
    default Function<Label, Target> targets() {
        return Targets.of(head(), label -> Optional.empty());
    }

    /** What the numbers in "logits" (batch, labels) are scores of, for those who calibrate or compare them. */
    enum Scores {
        /** Of one class of several: a softmax makes probabilities of them. */
        ONE_OF_SEVERAL,
        /** Of each label by itself: a sigmoid does. */
        EACH_BY_ITSELF,
        /** Of something else. */
        OTHER
    }

    /** {@return what its logits are scores of; something else by default} */
    default Scores scores() {
        return Scores.OTHER;
    }

    /** {@return what its probabilities and decisions are calibrated with} */
    default Calibration calibration() {
        return Calibration.NONE;
    }

    /**
     * {@return the same task with calibrated probabilities and decisions, in metrics and predictions; the loss stays
     * what it is}
     *
     * @param calibration temperature and thresholds
     * @throws FinetuneException if there are no classes to calibrate, or if there are as many thresholds as don't fit
     */
    default Task calibrated(Calibration calibration) {
        if (calibration.isNone()) {
            return this;
        }
        throw new FinetuneException("Only classes can be calibrated; a " + head().kind() + " head has none.");
    }

    /**
     * {@return one prediction a row of the batch}
     *
     * @param outputs the head's outputs by name (borrowed)
     * @param batch the batch (borrowed)
     */
    List<Prediction> decode(Map<String, Tensor> outputs, HostBatch batch);

    /**
     * {@return what the rows that one input was encoded to say together} Most inputs are one row.
     *
     * @param rows the predictions of its rows, in order
     */
    default Prediction join(List<Prediction> rows) {
        return rows.get(0);
    }

    /**
     * Adds up what an evaluation shows; the names of the metrics are the same whatever is added, also nothing. Not
     * thread-safe.
     */
    interface Scorer {
        /**
         * Takes a batch's outputs in.
         *
         * @param outputs the head's outputs by name (borrowed)
         * @param batch the batch (borrowed)
         */
        void add(Map<String, Tensor> outputs, Batch batch);

        /**
         * Puts in place of what it has taken in what the scorers of all processes have, each of its part of the same data. By
         * default such a task can't be evaluated by several processes.
         *
         * @param totals over the processes, all of which call this
         * @throws FinetuneException where it can't
         */
        default void total(Totals totals) {
            throw new FinetuneException("This task's metrics can't be added up over several processes, as its scorer ("
                    + getClass().getName() + ") doesn't say how: override Task.Scorer.total, or train with fitAll(...),"
                    + " without evaluating.");
        }

        /**
         * {@return the metrics of all that was added}
         *
         * @param loss the mean loss, stored as "loss"
         */
        Metrics result(double loss);
    }
}
