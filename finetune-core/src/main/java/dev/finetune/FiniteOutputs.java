package dev.finetune;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** What a network gives before anything is read into it. */
final class FiniteOutputs {
    private FiniteOutputs() {}

    /**
     * The outputs themselves, borrowed.
     *
     * @throws FinetuneException if one of them is NaN or infinite
     */
    static Map<String, Tensor> checked(Map<String, Tensor> outputs) {
        outputs.forEach(FiniteOutputs::check);
        return outputs;
    }

    private static void check(String name, Tensor output) {
        try (Tensor finite = output.isfinite();
                Tensor all = finite.all()) {
            if (!all.item_bool()) {
                throw new FinetuneException(
                        "The model's outputs (" + name + ") are not finite (NaN or infinite), so that they say"
                                + " nothing. If training made them so, a lower learning rate or a warm-up helps; if it wasn't trained,"
                                + " its checkpoint holds weights, or an input numbers, that aren't finite.");
            }
        }
    }
}
