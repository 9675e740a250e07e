package dev.finetune.bert.golden;

import dev.finetune.FineTuned;
import dev.finetune.distributed.Processes;
import dev.finetune.golden.GoldenCase;
import dev.finetune.golden.GoldenDevice;
import dev.finetune.internal.distributed.Companions;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.TensorValues;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.TextModelFamily;
import dev.finetune.train.Cancellation;
import dev.finetune.train.OptimizerSettings;
import dev.finetune.train.StepReport;
import dev.finetune.train.Trainer;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One of several processes that train every golden case together, each on its rows of every batch: once through shared memory, once
 * through Gloo.
 */
final class GoldenProcess {
    /** The folder for what comes out. */
    static final String OUT = "GOLDEN_OUT";

    private static final double EPSILON = 1e-3;

    private GoldenProcess() {}

    public static void main(String[] arguments) throws IOException {
        final Processes self = Processes.fromEnvironment();
        for (int time = 0; time < 2; time++) {
            System.setProperty("dev.finetune.sharedMemory", Boolean.toString(time == 0));
            System.setProperty("dev.finetune.earlySum", "1");
            try (Companions others = Companions.join(self)) {
                for (GoldenCase golden : cases()) {
                    final Path out = Path.of(System.getenv(OUT));
                    train(golden, Optional.of(others), out.resolve(golden.name() + "." + self.rank() + "." + time));
                }
            }
        }
    }

    static List<GoldenCase> cases() {
        return GoldenCase.having(GoldenCase.TRAINING, TextModelFamily.class);
    }

    /**
     * Those of the case, but for an epsilon above what sums in another order differ by: with 1e-8 Adam takes such rounding for a direction
     * where there is no gradient.
     */
    private static TrainingSettings settings(GoldenCase golden) {
        final TrainingSettings settings = GoldenParityTest.settings(golden);
        final OptimizerSettings.AdamW adam = (OptimizerSettings.AdamW) settings.optimizer();
        return settings.optimizer(new OptimizerSettings.AdamW(adam.beta1(), adam.beta2(), EPSILON, adam.weightDecay()));
    }

    /** Writes the loss and the norm of each step, and all weights afterwards. */
    static void train(GoldenCase golden, Optional<Companions> others, Path out) throws IOException {
        try (FineTuned<?> model = GoldenParityTest.load(golden, true);
                DataOutputStream file = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(out)))) {
            final Assembly<?> assembly = model.assembly();
            final Trainer alone = new Trainer(
                    assembly.network(),
                    assembly.task(),
                    settings(golden),
                    GoldenDevice.device(),
                    new TrainingListener() {},
                    new Cancellation());
            final Trainer trainer = others.map(alone::with).orElse(alone);
            final List<StepReport> steps = trainer.train(
                            others.map(group -> golden.cycle(group.rank(), group.size()))
                                    .orElseGet(golden::cycle),
                            Optional.empty())
                    .steps();
            file.writeInt(steps.size());
            for (StepReport step : steps) {
                file.writeDouble(step.loss());
                file.writeDouble(step.gradientNorm());
            }
            for (Parameter parameter : assembly.network().parameters()) {
                file.writeUTF(parameter.name());
                final float[] values = TensorValues.floats(parameter.value());
                file.writeInt(values.length);
                for (float value : values) {
                    file.writeFloat(value);
                }
            }
        }
    }
}
