package dev.finetune.train;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * What processes that train copies of one network, each on its part of every step's rows, tell each other: it comes between
 * adding up the gradients of a step and clipping them, so that all clip and change their copy alike. All do the same number of
 * steps. Called by the thread that trains, once each in a step, in the order of the methods.
 *
 * <p>The losses of a step are a sum over its rows that is divided by their weight: so the sum of all processes' gradients is the
 * gradient of the whole step, however unequal the parts are, as long as all divide by the weight of the whole.
 */
public interface GradientExchange {
    /**
     * {@return the weight of all processes' rows of a step, which the losses of each are divided by}
     *
     * @param own the weight of this process's rows; of rows without weights, how many they are
     */
    double weight(double own);

    /**
     * Puts in place of each gradient the sum of all processes' gradients of the same parameter.
     *
     * @param gradients of this process, in the order of the parameters, on their device; borrowed for the call, and changed
     */
    void sum(List<Tensor> gradients);
}
