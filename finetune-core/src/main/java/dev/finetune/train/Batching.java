package dev.finetune.train;

import dev.finetune.internal.Records;
import dev.finetune.internal.Told;
import java.util.Objects;

/**
 * In which order rows come into batches. Immutable: its methods of one argument give variants.
 *
 * @param shuffle whether each epoch visits the rows in a new order, true by default
 * @param grouping whether rows of similar length are computed together, in evaluations and predictions, too; where they have
 *     lengths, by default
 * @param balancedSampling whether every class is drawn as often as any other, false by default
 */
public record Batching(
        @Told(value = "order", byDefault = "shuffled", as = "as given")
        boolean shuffle,

        @Told("order") LengthGrouping grouping,

        @Told(value = "sampling", as = "every class as often as any other", quiet = true)
        boolean balancedSampling) {
    /** Shuffled, by similar length, each row once an epoch. */
    public static final Batching DEFAULT = new Batching(true, LengthGrouping.AUTO, false);

    /** Checks that nothing is missing. */
    public Batching {
        Objects.requireNonNull(grouping, "grouping");
    }

    /** {@return whether rows of similar length are computed together} */
    public boolean groupsByLength() {
        return grouping != LengthGrouping.NONE;
    }

    /**
     * Whether each epoch visits the rows in a new order; true by default.
     *
     * @param shuffled whether to draw a new order
     * @return the same with that setting
     */
    public Batching shuffle(boolean shuffled) {
        return Records.with(this, "shuffle", shuffled);
    }

    /**
     * Whether inputs of similar length are computed together, which wastes less on padding; true by default. The batches of a
     * training are drawn at random all the same; on a CPU, each is computed without its padding where all stages of the model can
     * leave it out, else in parts of similar length whose gradients add up to the batch's. Evaluations and predictions
     * take inputs by length; with false, in their order. Results differ by rounding only, but for what is drawn otherwise (dropout,
     * the masks of masked words), and the loss of question answering, which counts padding. Pictures have no length: said as true of a model that reads them, it is refused when the model is
     * loaded; false takes their batches in the order of the rows.
     *
     * @param group whether they are
     * @return the same with that setting
     */
    public Batching groupByLength(boolean group) {
        return Records.with(this, "grouping", group ? LengthGrouping.BY_LENGTH : LengthGrouping.NONE);
    }

    /**
     * Whether the rows of an epoch are drawn with replacement, every class as often as any other, so that rare classes are seen
     * more often; false by default. For one class of several, in memory, and not with balanced class weights: the two would
     * correct twice.
     *
     * @param balanced whether they are
     * @return the same with that setting
     */
    public Batching balancedSampling(boolean balanced) {
        return Records.with(this, "balancedSampling", balanced);
    }
}
