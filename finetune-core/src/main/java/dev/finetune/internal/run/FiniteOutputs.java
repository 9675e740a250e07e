package dev.finetune.internal.run;

import dev.finetune.error.FinetuneException;
import dev.finetune.nn.NonFinite;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/** What a network gives before anything is read into it. */
final class FiniteOutputs {
    private FiniteOutputs() {}

    /**
     * The outputs themselves, borrowed.
     *
     * @param where finds out in which layer numbers first aren't finite; asked only if they aren't
     * @throws FinetuneException if one of them is NaN or infinite
     */
    static Map<String, Tensor> checked(Map<String, Tensor> outputs, Supplier<Optional<NonFinite.Found>> where) {
        outputs.forEach((name, output) -> check(name, output, where));
        return outputs;
    }

    private static void check(String name, Tensor output, Supplier<Optional<NonFinite.Found>> where) {
        try (Tensor finite = output.isfinite();
                Tensor all = finite.all()) {
            if (!all.item_bool()) {
                throw new FinetuneException(
                        "The model's outputs (" + name + ") are not finite (NaN or infinite), so that they say"
                                + " nothing. "
                                + where.get().map(found -> found.place() + ". ").orElse("")
                                + "If training made them so, a lower learning rate or a warm-up helps; if it wasn't trained,"
                                + " its checkpoint holds weights, or an input numbers, that aren't finite.");
            }
        }
    }
}
