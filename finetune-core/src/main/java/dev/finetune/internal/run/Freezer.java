package dev.finetune.internal.run;

import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import dev.finetune.peft.AdapterParameters;
import dev.finetune.peft.PeftMethod;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Applies freezing rules to a network, in the order in which they were said. They speak of the base's parameters: what an
 * adapter adds to it is always trained.
 */
final class Freezer {
    private static final String STATISTICS = ".running_mean";

    private Freezer() {}

    static void apply(List<FreezeRule> rules, Network network) {
        for (FreezeRule rule : rules) {
            final List<Parameter> named =
                    named(rule, network).stream().filter(Freezer::isOfBase).toList();
            if (named.isEmpty() && !(rule.freeze() instanceof Freeze.Nothing)) {
                throw new FinetuneException(rule + " names no parameter of the model itself. There"
                        + " are, for example, "
                        + network.parameters().stream()
                                .filter(Freezer::isOfBase)
                                .limit(3)
                                .map(Parameter::name)
                                .toList()
                        + "; summary() lists them all.");
            }
            named.forEach(parameter -> parameter.setTrained(!rule.frozen()));
        }
    }

    /** Freezes the base: additions, and what is trained whole beside them, go on. */
    static void keepForAdapter(PeftMethod method, Network network) {
        final Set<String> adapted = network.adaptedLayers();
        for (Parameter parameter : network.parameters()) {
            parameter.setTrained(method.owns(parameter.name(), adapted));
        }
        if (adapted.isEmpty()) {
            throw new FinetuneException(method + ": the model has no layer of these names. summary()"
                    + " lists its parameters; name the last part of a layer's name before \".weight\".");
        }
    }

    /** Refuses names of what is to be trained whole that the network doesn't have. */
    static void checkTrainedWhole(PeftMethod method, Network network) {
        final List<String> names =
                network.parameters().stream().map(Parameter::name).toList();
        final List<String> unmatched = new ArrayList<>(method.alsoTrained());
        unmatched.removeAll(method.alsoTrainedOf(names));
        if (!unmatched.isEmpty()) {
            throw new FinetuneException("alsoTrained(...): no layer's name ends with "
                    + String.join(", ", unmatched)
                    + ". summary() lists the parameters; name the last parts of a layer's"
                    + " name before \".weight\", such as "
                    + owner(network.head().parameters().stream()
                            .map(Parameter::name)
                            .findFirst()
                            .orElse(names.get(0)))
                    + ".");
        }
    }

    /** The layers without an adapter that the checkpoint lacked. */
    static List<String> startingAnew(PeftMethod method, Network network) {
        final Set<String> adapted = network.adaptedLayers();
        return network.parameters().stream()
                .filter(parameter -> parameter.isNewlyInitialized() && !method.owns(parameter.name(), adapted))
                .map(parameter -> owner(parameter.name()))
                .filter(layer -> !layer.isEmpty() && !adapted.contains(layer))
                .distinct()
                .toList();
    }

    /** The parameters of some stages, to which another one may add some of its own, but not compute with those alone. */
    private static List<Parameter> of(Set<Integer> chosen, FreezeRule rule, Network network) {
        final List<Stage> stages = network.stages();
        final List<Parameter> named = dev.finetune.nn.Module.parametersOf(
                chosen.stream().sorted().map(stages::get).toList());
        for (int i = 0; i < stages.size(); i++) {
            final List<Parameter> own = stages.get(i).parameters();
            if (!chosen.contains(i) && !own.isEmpty() && named.containsAll(own)) {
                throw new FinetuneException(rule + ": " + stages.get(i).name() + " computes with the same "
                        + own.get(0).name() + ", as this model's layers share their weights, so that it can't go on"
                        + " learning without them. Freeze all the layers that share them, or none: summary() shows"
                        + " which do.");
            }
        }
        return named;
    }

    /** A stage and all that it computes from. */
    private static void collect(int stage, Network network, Set<Integer> chosen) {
        if (chosen.add(stage)) {
            network.inputs(stage).forEach(input -> collect(input, network, chosen));
        }
    }

    private static boolean isOfBase(Parameter parameter) {
        return !parameter.name().startsWith(AdapterParameters.PREFIX);
    }

    private static String owner(String name) {
        return name.substring(0, Math.max(0, name.lastIndexOf('.')));
    }

    private static List<Parameter> named(FreezeRule rule, Network network) {
        final Freeze freeze = rule.freeze();
        if (freeze instanceof Freeze.FirstLayers first) {
            if (first.layers() > network.layers()) {
                throw new FinetuneException(rule + ": the model has " + network.layers() + " layers.");
            }
            return of(
                    IntStream.range(0, network.stages().size())
                            .filter(stage -> network.fromInput(stage) <= first.layers())
                            .boxed()
                            .collect(Collectors.toSet()),
                    rule,
                    network);
        }
        if (freeze instanceof Freeze.UpTo upTo) {
            final List<String> names =
                    network.stages().stream().map(Stage::name).toList();
            final int last = names.indexOf(upTo.stage());
            if (last < 0) {
                throw new FinetuneException(rule + ": there is no such stage; there are " + names + ".");
            }
            final Set<Integer> chosen = new HashSet<>();
            collect(last, network, chosen);
            return of(chosen, rule, network);
        }
        if (freeze instanceof Freeze.BatchNorms) {
            final Set<String> norms = network.buffers().stream()
                    .map(Buffer::name)
                    .filter(name -> name.endsWith(STATISTICS))
                    .map(name -> name.substring(0, name.length() - STATISTICS.length()))
                    .collect(Collectors.toSet());
            return network.parameters().stream()
                    .filter(parameter -> norms.contains(owner(parameter.name())))
                    .toList();
        }
        if (freeze instanceof Freeze.AllButHead) {
            return dev.finetune.nn.Module.parametersOf(network.stages());
        }
        if (freeze instanceof Freeze.AllButBiases) {
            return dev.finetune.nn.Module.parametersOf(network.stages()).stream()
                    .filter(parameter -> !parameter.name().endsWith(".bias"))
                    .toList();
        }
        if (freeze instanceof Freeze.Matching matching) {
            return network.parameters().stream()
                    .filter(parameter ->
                            matching.pattern().matcher(parameter.name()).find())
                    .toList();
        }
        if (freeze instanceof Freeze.Where where) {
            return network.parameters().stream()
                    .filter(parameter -> where.names().test(parameter.name()))
                    .toList();
        }
        return List.of();
    }
}
