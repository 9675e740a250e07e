package dev.finetune.lm.seq2seq;

import dev.finetune.checkpoint.CheckpointParameters;
import dev.finetune.checkpoint.DType;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.spi.AssemblyRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a checkpoint calls its tensors.
 *
 * @param prefix of the base model, without the dot; empty for none
 * @param architecture the stem of the architectures' names in config.json
 * @param meaningless ends of stored names that mean nothing
 */
record Names(String prefix, String architecture, List<String> meaningless) {
    /** The output layer, where it doesn't share the words' embeddings. */
    static final String OUTPUT = "lm_head.weight";

    /** The bias of the output. */
    static final String OUTPUT_BIAS = "final_logits_bias";

    private static final List<String> COPIES = List.of("encoder.embed_tokens.weight", "decoder.embed_tokens.weight");
    private static final List<String> TRUNK = List.of("encoder.", "decoder.", "shared.");

    /** A name below the base model's prefix in full. */
    String full(String name) {
        return prefix.isEmpty() ? name : prefix + "." + name;
    }

    private String inner(String name) {
        return !prefix.isEmpty() && name.startsWith(prefix + ".") ? name.substring(prefix.length() + 1) : name;
    }

    /**
     * Whether the output layer shares the words' embeddings: where the checkpoint has no other one, as Transformers 5 decides it.
     *
     * @throws FinetuneException if the encoder or the decoder has words of its own
     */
    boolean tied(Optional<Weights> weights) {
        if (weights.isEmpty()) {
            return true;
        }
        final Weights stored = weights.get();
        final Optional<String> shared = stored.names().stream()
                .filter(name -> inner(name).equals("shared.weight"))
                .findFirst();
        if (shared.isEmpty()) {
            return true;
        }
        for (String name : stored.names()) {
            if (COPIES.contains(inner(name)) && !same(stored, shared.get(), name)) {
                throw new FinetuneException("The checkpoint's " + name + " isn't the same as its " + shared.get()
                        + ", in " + stored.files() + ": an encoder and a decoder with embeddings of their own aren't"
                        + " supported.");
            }
        }
        return !stored.names().contains(OUTPUT) || same(stored, shared.get(), OUTPUT);
    }

    private static boolean same(Weights stored, String one, String other) {
        try (TensorScope scope = TensorScope.open()) {
            return Arrays.equals(
                            stored.describe(one).shape(), stored.describe(other).shape())
                    && stored.read(one, DType.F32).equal(stored.read(other, DType.F32));
        }
    }

    /** How a network's names are found in a checkpoint. */
    CheckpointParameters.Naming naming(AssemblyRequest request, boolean tied) {
        final List<String> copies = Stream.concat(COPIES.stream().map(this::full), COPIES.stream())
                .distinct()
                .toList();
        return new CheckpointParameters.Naming(
                prefix,
                name -> !name.equals(OUTPUT_BIAS),
                name -> copies.contains(name)
                        || tied && name.equals(OUTPUT)
                        || meaningless.stream().anyMatch(name::endsWith),
                name -> false,
                request.rows(),
                Map.of(
                        full("shared.weight"),
                        tied ? Stream.concat(copies.stream(), Stream.of(OUTPUT)).toList() : copies),
                name -> TRUNK.stream().anyMatch(inner(name)::startsWith));
    }
}
