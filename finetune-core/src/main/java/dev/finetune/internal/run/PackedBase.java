package dev.finetune.internal.run;

import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Network;
import dev.finetune.nn.PackedWeight;
import dev.finetune.nn.Parameter;
import java.util.Optional;

/** What a base whose weights are kept in few bits can't do, and what to do instead. */
public final class PackedBase {
    private PackedBase() {}

    /** Refuses to train a packed base without an adapter. */
    static void checkTraining(Draft draft) {
        draft.base().filter(format -> draft.adapter().method().isEmpty()).ifPresent(format -> {
            throw new FinetuneException(
                    "base(" + format + ") freezes the weights of the base, and without an adapter there"
                            + " is nothing beside them that learns: say lora(...), too, or leave base(...) out.");
        });
    }

    /** Refuses to pack a base in which nothing is packed. */
    static void checkPacked(Draft draft, Network network) {
        draft.base().filter(format -> format(network).isEmpty()).ifPresent(format -> {
            throw new FinetuneException(
                    "base(" + format + ") packs the linear layers of the trunk, and this model has none:"
                            + " it would do nothing, so leave it out.");
        });
    }

    /**
     * Refuses to write a whole model of a network whose weights are packed.
     *
     * @param what was asked for, such as "save(...)"
     */
    public static void refuseWhole(String what, Network network) {
        format(network).ifPresent(format -> {
            throw new FinetuneException(
                    what + ": the base is kept in " + format + ", as base(...) says, so that a whole"
                            + " model would be made of rounded weights. Save what was trained with saveAdapter(directory), and merge"
                            + " it into the base as it was published: FineTuner.from(base).adapter(directory).head(...)"
                            + ".untrained(...)." + what + ".");
        });
    }

    /** Refuses to take an adapter into packed weights. */
    public static void refuseMerge(Network network) {
        format(network).ifPresent(format -> {
            throw new FinetuneException(
                    "mergeAdapter(): the base is kept in " + format + ", as base(...) says, and weights"
                            + " in so few bits can't take in what an adapter learned. Predict without merging, or load base and"
                            + " adapter without base(...).");
        });
    }

    private static Optional<String> format(Network network) {
        return network.parameters().stream()
                .map(Parameter::packed)
                .flatMap(Optional::stream)
                .map(PackedWeight::format)
                .findFirst();
    }
}
