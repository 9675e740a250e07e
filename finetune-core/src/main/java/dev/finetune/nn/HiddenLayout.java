package dev.finetune.nn;

import java.util.Objects;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * How what a stage gives lies, (batch, ...): either each row has a shape that doesn't depend on the batch that it is in, or the
 * second axis holds positions, of which a row has its own and, beside longer rows, padding.
 */
public interface HiddenLayout {
    /** Rows of one shape: feature maps, a vector, a fixed number of patches. */
    HiddenLayout WHOLE = new Whole();

    /**
     * {@return positions, one for each of a row's, as the encoder counts its length and masks it}
     *
     * @param mask the encoder's column of (batch, positions), 1 where a row has its own; where a batch lacks it, all are
     */
    static HiddenLayout positions(String mask) {
        return new Positions(mask);
    }

    /** {@return whether the second axis holds positions} */
    boolean hasPositions();

    /**
     * {@return how many positions a row has here: fewer than it has itself where a stage takes several together}
     *
     * @param length the row's, {@link dev.finetune.batch.Encoded#length()}
     */
    long positions(long length);

    /**
     * {@return which positions are the rows' own, (batch, positions), 1 for them and 0 for padding; borrowed; empty where
     * nothing is padded}
     *
     * @param batch that the stage computed (borrowed)
     */
    Optional<Tensor> mask(Batch batch);

    /** Without padding. */
    record Whole() implements HiddenLayout {
        @Override
        public boolean hasPositions() {
            return false;
        }

        @Override
        public long positions(long length) {
            return 1;
        }

        @Override
        public Optional<Tensor> mask(Batch batch) {
            return Optional.empty();
        }
    }

    /**
     * One position for each of a row's.
     *
     * @param column the encoder's mask
     */
    record Positions(String column) implements HiddenLayout {
        /** Checks that it is there. */
        public Positions {
            Objects.requireNonNull(column, "column");
        }

        @Override
        public boolean hasPositions() {
            return true;
        }

        @Override
        public long positions(long length) {
            return length;
        }

        @Override
        public Optional<Tensor> mask(Batch batch) {
            return batch.has(column) ? Optional.of(batch.get(column)) : Optional.empty();
        }
    }
}
