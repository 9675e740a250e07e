package dev.finetune.vision.net;

import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.List;

/** The trunk of a residual network. */
public final class ResNet {
    private ResNet() {}

    /**
     * {@return the stages that a plan names, their parameters taken from a source: "stem", "layer1", "layer2" ..}
     *
     * @param plan the stages and blocks, by name
     * @param source where the parameters come from, by their names
     * @param pixels what turns a batch into the network's input
     */
    public static List<Stage> trunk(ResNetPlan plan, ParameterSource source, Pixels pixels) {
        final List<Stage> stages = new ArrayList<>();
        stages.add(new ResNetStem(source, plan, pixels));
        for (int i = 0; i < plan.stages().size(); i++) {
            stages.add(new ResNetStage(source, "layer" + (i + 1), plan.stages().get(i), plan));
        }
        return stages;
    }
}
