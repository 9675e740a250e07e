package dev.finetune.examples;

import dev.finetune.FineTuner;
import dev.finetune.freeze.Freeze;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import dev.finetune.peft.Quantized;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that train little beside a frozen base. */
final class AdapterOptions {
    @Option(names = "--lora", paramLabel = "RANK", description = "Train low-rank additions of this rank; 0 for none.")
    private int rank;

    @Option(names = "--lora-alpha", description = "Numerator of the additions' scale; 0 for twice the rank.")
    private double alpha;

    @Option(names = "--lora-dropout", description = "Dropout before the additions.")
    private double dropout;

    @Option(
            names = "--lora-targets",
            split = ",",
            description = "Last parts of the adapted layers' names, such as query,value or convolution; all-linear"
                    + " for every linear layer but the output layer.")
    private List<String> targets = List.of();

    @Option(names = "--lora-bias", description = "Biases that are trained, too: ${COMPLETION-CANDIDATES}.")
    private Lora.Biases biases = Lora.Biases.NONE;

    @Option(names = "--dora", description = "With --lora: learn each output's magnitude, too.")
    private boolean dora;

    @Option(names = "--ia3", description = "Train vectors that multiply what layers read or give.")
    private boolean ia3;

    @Option(
            names = "--base",
            paramLabel = "nf4|nf4_double|int8",
            description =
                    "With --lora or --ia3: keep the frozen weights in 4 bits (nf4), as QLoRA does, their blocks' scales in 8"
                            + " bits, too (nf4_double), or in 8 (int8).")
    private Optional<Quantized> base = Optional.empty();

    @Option(names = "--bitfit", description = "Train biases and the head only.")
    private boolean bitFit;

    /** Whether there will be an adapter to save. */
    boolean adapts() {
        return rank != 0 || ia3;
    }

    /** Whether weights of the base are rounded, so that there will be no whole model to save. */
    boolean roundsBase() {
        return base.isPresent();
    }

    /** A tuner with all of it. */
    FineTuner on(FineTuner tuner) {
        final FineTuner adapted = packed(adapted(tuner));
        return bitFit ? adapted.freeze(Freeze.allButBiases()) : adapted;
    }

    private FineTuner packed(FineTuner tuner) {
        return base.map(tuner::base).orElse(tuner);
    }

    private FineTuner adapted(FineTuner tuner) {
        if (rank != 0 && ia3) {
            throw new WrongUsage("--lora and --ia3 are two ways to do it: give one of them.");
        }
        if (rank == 0 && (dora || alpha != 0 || dropout != 0 || !targets.isEmpty() || biases != Lora.Biases.NONE)) {
            throw new WrongUsage("--dora and all of --lora-... go with --lora RANK.");
        }
        if (base.isPresent() && !adapts()) {
            throw new WrongUsage(
                    "--base freezes the weights of the base, and nothing beside them would learn: give --lora"
                            + " RANK or --ia3, too.");
        }
        if (rank != 0) {
            final Lora plain = Lora.rank(rank).dropout(dropout).biases(biases);
            final Lora scaled = alpha != 0 ? plain.alpha(alpha) : plain;
            final Lora targeted = targeted(scaled);
            return tuner.lora(dora ? targeted.withDora() : targeted);
        }
        return ia3 ? tuner.ia3(Ia3.usual()) : tuner;
    }

    private Lora targeted(Lora lora) {
        if (targets.equals(List.of("all-linear"))) {
            return lora.allLinear();
        }
        return targets.isEmpty() ? lora : lora.targets(targets.toArray(new String[0]));
    }
}
