package dev.finetune.internal.run;

import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.train.TrainingSettings;
import java.util.ArrayList;
import java.util.List;

/** Finds settings that do nothing, or little, with the network that they met. */
final class ModelCheck {
    private ModelCheck() {}

    /** What to warn of, in the user's words; empty where all fits. */
    static List<String> warnings(Draft draft, TrainingSettings settings, Network network) {
        final List<String> found = new ArrayList<>();
        checkRate(settings, network, found);
        checkFrozenNoise(draft, network, found);
        if (draft.adapter().directory().isEmpty()) {
            draft.adapter().method().ifPresent(method -> found.addAll(method.warnings(network)));
        }
        return found;
    }

    /** A bare head that learns at a rate made for whole encoders hardly moves. */
    private static void checkRate(TrainingSettings settings, Network network, List<String> found) {
        final boolean trunkFrozen = network.stages().stream()
                .flatMap(stage -> stage.parameters().stream())
                .noneMatch(Parameter::isTrained);
        if (trunkFrozen && settings.learningRate() < 5e-4) {
            found.add("Everything but the head is frozen, and the learning rate is " + settings.learningRate()
                    + ": too low for a bare head. Try lr(1e-3).");
        }
    }

    private static void checkFrozenNoise(Draft draft, Network network, List<String> found) {
        final long frozen = network.parameters().stream()
                .filter(parameter -> !parameter.isTrained())
                .count();
        if (draft.initialization().randomWeights() && frozen > 0) {
            found.add("initialization(i -> i.randomWeights(true)): " + frozen
                    + " parameters are frozen at random values and never learn; unfreeze"
                    + " them, or start from the checkpoint's weights.");
        }
    }
}
