package dev.finetune.vision.family;

import dev.finetune.nn.HeadModule;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import dev.finetune.vision.net.Pixels;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * A network that can be built from a source of parameters.
 *
 * @param trunk makes the stages
 * @param features how many channels the last stage gives
 * @param large whether it is made for pictures of ImageNet's size (224 x 224) rather than CIFAR's (32 x 32)
 * @param dropout before the classifier, by default
 * @param prefix of the trunk's names, without the dot, where a checkpoint may lack it; empty for none
 * @param isHead whether a parameter's name is the classifier's
 * @param isTrunk whether a stored tensor's name is the trunk's, so that it has to have a place in the network
 * @param smallestSide the least height and width, in pixels, of a picture that the network can read
 * @param head makes the classifier
 */
record NetworkPlan(
        BiFunction<ParameterSource, Pixels, List<Stage>> trunk,
        long features,
        boolean large,
        double dropout,
        String prefix,
        Predicate<String> isHead,
        Predicate<String> isTrunk,
        int smallestSide,
        HeadMaker head) {
    /** Makes a classifier of so many outputs. */
    interface HeadMaker {
        HeadModule make(ParameterSource source, long outputs, double dropout);
    }
}
