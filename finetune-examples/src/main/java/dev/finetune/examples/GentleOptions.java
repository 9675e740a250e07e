package dev.finetune.examples;

import dev.finetune.FineTuner;
import dev.finetune.train.WeightAverage;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that change a pretrained network gently, whatever kind of input it reads. */
final class GentleOptions {
    @Option(
            names = "--layer-decay",
            paramLabel = "FACTOR",
            description = "Each stage learns at FACTOR times the rate of what is above it; 1 for one rate throughout.")
    private double layerDecay = 1;

    @Option(
            names = "--gradual-unfreezing",
            paramLabel = "EPOCHS",
            description = "Train the head first, and one more stage from the top every so many epochs.")
    private Optional<Double> gradualUnfreezing = Optional.empty();

    @Option(
            names = "--ema",
            paramLabel = "DECAY",
            description = "Keep an exponential moving average of the weights, of 0.999, say.")
    private Optional<Double> ema = Optional.empty();

    @Option(
            names = "--swa",
            paramLabel = "SHARE",
            description = "Keep the mean of the weights after that share of the steps, 0.75, say.")
    private Optional<Double> swa = Optional.empty();

    @Option(
            names = "--l2sp",
            paramLabel = "ALPHA",
            description = "Pull trained weights toward the pretrained ones; a tenth of it pulls new ones toward 0.")
    private double l2sp;

    @Option(
            names = "--distill",
            paramLabel = "WEIGHT",
            description = "Keep what the trained stages give near what the original network gave.")
    private double distill;

    @Option(
            names = "--r-drop",
            paramLabel = "ALPHA",
            description = "Train on two passes of different dropout and keep their predictions near each other.")
    private double rDrop;

    /** A tuner with all of it. */
    FineTuner on(FineTuner plain) {
        if (ema.isPresent() && swa.isPresent()) {
            throw new WrongUsage("--ema and --swa are two averages of the same weights: give one of them.");
        }
        FineTuner tuner = plain.preservation(
                        p -> p.layerDecay(layerDecay).l2sp(l2sp).distill(distill))
                .regularization(r -> r.rDrop(rDrop));
        tuner = gradualUnfreezing.isPresent()
                ? tuner.preservation(p -> p.gradualUnfreezing(gradualUnfreezing.get()))
                : tuner;
        tuner = ema.isPresent() ? tuner.regularization(r -> r.average(WeightAverage.ema(ema.get()))) : tuner;
        return swa.isPresent() ? tuner.regularization(r -> r.average(WeightAverage.swa(swa.get()))) : tuner;
    }
}
