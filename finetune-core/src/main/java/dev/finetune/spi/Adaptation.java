package dev.finetune.spi;

import dev.finetune.checkpoint.CheckpointParameters;
import dev.finetune.checkpoint.OutputRows;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.LastingBlocks;
import dev.finetune.nn.ParameterSource;
import dev.finetune.peft.AdapterParameters;
import dev.finetune.peft.PeftMethod;
import dev.finetune.peft.Quantized;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a base model gets beside its own weights. A family wraps its source of parameters in it and needs to know no
 * more.
 *
 * @param method which weights are adapted, and how; empty for none
 * @param directory an adapter to load, in PEFT's format; empty for a new one
 * @param rows what becomes of the last layer that an adapter to load holds, if it does
 * @param seed of new additions
 * @param base in how many bits the base's weights are kept; empty where they are as they were read
 */
public record Adaptation(
        Optional<PeftMethod> method, Optional<Path> directory, OutputRows rows, long seed, Optional<Quantized> base) {
    /** {@return whether the base's own weights are frozen from the start, so that they may stay in 16 bits} */
    public boolean keepsBase() {
        return method.isPresent() || base.isPresent();
    }

    /**
     * Builds something from a base's parameters and these additions. Where that fails, all that was taken is closed.
     *
     * @param <T> what is built
     * @param base the checkpoint's parameters (borrowed)
     * @param builder takes every parameter that it needs
     * @return what the builder made
     * @throws FinetuneException if the adapter doesn't fit the base, or if the checkpoint holds more of the trunk than was
     *     built
     */
    public <T> T build(CheckpointParameters base, Function<ParameterSource, T> builder) {
        try (LastingBlocks memory = LastingBlocks.open()) {
            this.base.ifPresent(format -> base.packing(format::pack, memory));
            return method.isEmpty() ? plain(base, builder) : adapted(base, method.get(), builder);
        } catch (RuntimeException | Error e) {
            base.takeBack();
            throw e;
        }
    }

    private static <T> T plain(CheckpointParameters base, Function<ParameterSource, T> builder) {
        final T built = builder.apply(base);
        base.refuseLeftOfTrunk();
        return built;
    }

    private <T> T adapted(CheckpointParameters base, PeftMethod how, Function<ParameterSource, T> builder) {
        final Optional<Weights> weights = directory.map(Adaptation::weights);
        try {
            final AdapterParameters source = new AdapterParameters(base, how, weights, rows, seed);
            try {
                final T built = builder.apply(source);
                base.refuseLeftOfTrunk();
                if (!source.leftOver().isEmpty()) {
                    throw new FinetuneException("The adapter in "
                            + directory.map(Path::toString).orElse("")
                            + " doesn't fit the model: there is no place for "
                            + source.leftOver() + ".");
                }
                return built;
            } catch (RuntimeException | Error e) {
                source.takeBack();
                throw e;
            }
        } finally {
            weights.ifPresent(Weights::close);
        }
    }

    /** As PEFT writes them today, or as it did before. */
    private static Weights weights(Path directory) {
        final Path older = directory.resolve("adapter_model.bin");
        final Path file = directory.resolve("adapter_model.safetensors");
        return Weights.open(!Files.isRegularFile(file) && Files.isRegularFile(older) ? older : file);
    }
}
