package dev.finetune.examples.study;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.freeze.Freeze;
import dev.finetune.peft.Lora;
import dev.finetune.search.Auto;
import dev.finetune.search.AutoResult;
import java.time.Duration;

/** A way to learn from labelled examples. */
enum StudyMethod {
    /** The library's settings as they are: everything is trained, learning rate 5e-5, 3 epochs, batches of 8. */
    DEFAULTS("defaults") {
        @Override
        <I> FineTuned<I> fit(FineTuner tuner, Dataset<I> train, Settings settings) {
            return timed(tuner, settings).fitAll(train);
        }
    },
    /** Everything but the head is frozen. */
    HEAD("head only") {
        @Override
        <I> FineTuned<I> fit(FineTuner tuner, Dataset<I> train, Settings settings) {
            return longer(tuner, train, settings)
                    .lr(settings.headRate())
                    .freeze(Freeze.allButHead())
                    .fitAll(train);
        }
    },
    /** Everything is trained. */
    FULL("full") {
        @Override
        <I> FineTuned<I> fit(FineTuner tuner, Dataset<I> train, Settings settings) {
            return longer(tuner, train, settings).lr(settings.rate()).fitAll(train);
        }
    },
    /** Additions of rank 8 to queries and values, or to convolutions, and the head. */
    LORA("LoRA") {
        @Override
        <I> FineTuned<I> fit(FineTuner tuner, Dataset<I> train, Settings settings) {
            return longer(tuner, train, settings)
                    .lr(settings.headRate())
                    .lora(Lora.rank(8).targets(ADAPTED))
                    .fitAll(train);
        }
    },
    /** The head first, then stage after stage in the first half, lower ones at lower rates. */
    GRADUAL("gradual + decay") {
        @Override
        <I> FineTuned<I> fit(FineTuner tuner, Dataset<I> train, Settings settings) {
            final double epochs = settings.epochs(train);
            return longer(tuner, train, settings)
                    .lr(settings.rate())
                    .warmupRatio(0.1)
                    .preservation(p -> p.layerDecay(0.8).gradualUnfreezing(epochs / 2 / settings.stages()))
                    .fitAll(train);
        }
    },
    /** Contrastive pairs, then a logistic regression. */
    SETFIT("SetFit") {
        @Override
        <I> FineTuned<I> fit(FineTuner tuner, Dataset<I> train, Settings settings) {
            return timed(tuner, settings)
                    .batchSize(settings.batchSize())
                    .lr(settings.rate())
                    .fitFewShot(train);
        }
    },
    /** What the library finds in the time, starting from its defaults. */
    AUTO("auto") {
        @Override
        <I> FineTuned<I> fit(FineTuner tuner, Dataset<I> train, Settings settings) {
            final AutoResult<I> result =
                    Auto.of(tuner).within(settings.budget()).fit(train);
            System.err.println(result.explanation());
            return result.model();
        }
    };

    /** What transformers call their queries and values, and picture networks their convolutions. */
    private static final String[] ADAPTED = {
        "query",
        "value",
        "q_lin",
        "v_lin",
        "convolution",
        "conv1",
        "conv2",
        "conv3",
        "squeeze",
        "expand1x1",
        "expand3x3"
    };

    private final String title;

    StudyMethod(String title) {
        this.title = title;
    }

    /** What its column is called. */
    String title() {
        return title;
    }

    /**
     * Trains a model.
     *
     * @param tuner the model, its head and the seed; all else as it is by default
     */
    abstract <I> FineTuned<I> fit(FineTuner tuner, Dataset<I> train, Settings settings);

    private static FineTuner timed(FineTuner tuner, Settings settings) {
        return tuner.maxTime(settings.budget());
    }

    private static FineTuner longer(FineTuner tuner, Dataset<?> train, Settings settings) {
        return timed(tuner, settings).batchSize(settings.batchSize()).epochs(settings.epochs(train));
    }

    /**
     * What the methods have in common.
     *
     * @param rate the learning rate of pretrained weights
     * @param headRate that of a bare head and of additions
     * @param batchSize rows in a batch
     * @param steps at least so many optimizer steps
     * @param stages of the network, below its head
     * @param budget the time that each method has for a training
     */
    record Settings(double rate, double headRate, int batchSize, int steps, int stages, Duration budget) {
        /** As many as make the steps, but 3 at least. */
        double epochs(Dataset<?> train) {
            return Math.max(
                    3, Math.ceil(steps * (double) batchSize / train.size().orElse(1)));
        }
    }
}
