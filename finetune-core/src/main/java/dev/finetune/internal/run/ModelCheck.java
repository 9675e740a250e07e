package dev.finetune.internal.run;

import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import dev.finetune.peft.PeftMethod;
import dev.finetune.peft.TargetLayers;
import dev.finetune.train.TrainingSettings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds settings that do nothing, or little, with the network that they met. */
final class ModelCheck {
    private static final String WEIGHT = ".weight";

    private ModelCheck() {}

    /** What to warn of, in the user's words; empty where all fits. */
    static List<String> warnings(Draft draft, TrainingSettings settings, Network network) {
        final List<String> found = new ArrayList<>();
        checkRate(settings, network, found);
        checkFrozenNoise(draft, network, found);
        if (draft.adapter().directory().isEmpty()) {
            draft.adapter().method().ifPresent(method -> checkMethod(method, network, found));
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
            found.add("randomWeights(): " + frozen + " parameters are frozen at random values and never learn; unfreeze"
                    + " them, or start from the checkpoint's weights.");
        }
    }

    private static void checkMethod(PeftMethod method, Network network, List<String> found) {
        final Set<String> adapted = network.adaptedLayers();
        if (method.targets() instanceof TargetLayers.Named named && !isUsual(method)) {
            warnOf("targets(...)", named.names(), adapted, found);
        }
        if (method instanceof Ia3 ia3 && !isUsual(method)) {
            warnOf("feedForward(...)", ia3.feedForward(), adapted, found);
        }
        if (method instanceof Lora lora) {
            checkPatterns("ranks(...)", lora.ranks().keySet(), adapted, found);
            checkPatterns("alphas(...)", lora.alphas().keySet(), adapted, found);
            checkRanks(lora, network, found);
        }
    }

    /** The usual layers are named for every family that there is. */
    private static boolean isUsual(PeftMethod method) {
        return method.targets().equals(Lora.QUERIES_AND_VALUES)
                || method.targets().equals(Ia3.usual().targets());
    }

    private static void warnOf(String setting, List<String> names, Set<String> adapted, List<String> found) {
        final List<String> unmatched = names.stream()
                .filter(name -> adapted.stream().noneMatch(layer -> TargetLayers.Named.names(layer, name)))
                .toList();
        if (!unmatched.isEmpty()) {
            found.add(setting + ": no adapted layer's name ends with " + AdapterFiles.few(unmatched) + ". Adapted are "
                    + AdapterFiles.few(List.copyOf(adapted)) + "; summary() lists all layers.");
        }
    }

    private static void checkPatterns(
            String setting, Collection<String> patterns, Set<String> adapted, List<String> found) {
        final List<String> unmatched = patterns.stream()
                .filter(pattern -> adapted.stream().noneMatch(layer -> Lora.matches(pattern, layer)))
                .toList();
        if (!unmatched.isEmpty()) {
            found.add(setting + ": no adapted layer's name matches " + AdapterFiles.few(unmatched) + ". Adapted are "
                    + AdapterFiles.few(List.copyOf(adapted)) + ".");
        }
    }

    /** What is adapted with more than its own rank has more numbers to learn than the layer itself. */
    private static void checkRanks(Lora lora, Network network, List<String> found) {
        final Map<String, Parameter> weights = new LinkedHashMap<>();
        network.parameters().forEach(parameter -> weights.put(parameter.name(), parameter));
        final List<String> wide = network.adaptedLayers().stream()
                .flatMap(
                        layer -> Optional.ofNullable(weights.get(layer + WEIGHT))
                                .flatMap(weight -> tooWide(lora, layer, weight))
                                .stream())
                .toList();
        if (!wide.isEmpty()) {
            found.add("LoRA's rank is above what these layers can have: " + AdapterFiles.few(wide)
                    + ". A weight of n x m has at most the rank min(n, m); beyond it LoRA learns more numbers than the"
                    + " layer has, and nothing more. A lower rank, or ranks(...) for these layers, does the same with"
                    + " less.");
        }
    }

    private static Optional<String> tooWide(Lora lora, String layer, Parameter weight) {
        final long rows = weight.shape()[0];
        final long most = Math.min(rows, weight.count() / rows);
        return lora.rank(layer) > most
                ? Optional.of(layer + " (rank " + lora.rank(layer) + ", at most " + most + ")")
                : Optional.empty();
    }
}
