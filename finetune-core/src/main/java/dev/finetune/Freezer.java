package dev.finetune;

import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import java.util.List;

/** Applies freezing rules to a network, in the order in which they were said. */
final class Freezer {
    private Freezer() {}

    static void apply(List<Draft.FreezeRule> rules, Network network) {
        for (Draft.FreezeRule rule : rules) {
            final List<Parameter> named = named(rule.freeze(), network);
            if (named.isEmpty() && !(rule.freeze() instanceof Freeze.Nothing)) {
                throw new FinetuneException("freeze(" + rule.freeze() + ") names no parameter. There are, for example, "
                        + network.parameters().stream()
                                .limit(3)
                                .map(Parameter::name)
                                .toList()
                        + "; summary() lists them all.");
            }
            named.forEach(parameter -> parameter.setTrained(!rule.frozen()));
        }
    }

    private static List<Parameter> named(Freeze freeze, Network network) {
        if (freeze instanceof Freeze.FirstLayers first) {
            final List<Stage> stages = network.stages();
            if (first.layers() > stages.size() - 1) {
                throw new FinetuneException(
                        "freeze(" + first.layers() + "): the model has " + (stages.size() - 1) + " layers.");
            }
            return dev.finetune.nn.Module.parametersOf(stages.subList(0, first.layers() + 1));
        }
        if (freeze instanceof Freeze.AllButHead) {
            return dev.finetune.nn.Module.parametersOf(network.stages());
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
