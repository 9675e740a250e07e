package dev.finetune.lm.decoder;

import dev.finetune.checkpoint.DType;
import dev.finetune.checkpoint.StoredTensor;
import dev.finetune.checkpoint.Weights;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.LayerKind;
import dev.finetune.peft.PeftMethod;
import dev.finetune.spi.Adaptation;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Whether the output layer computes with the embeddings' own weight. config.json says so (tie_word_embeddings), but not where the
 * checkpoint holds both and they differ, as Transformers 5 decides it; nor where an adapter changes or trains one of the two, which
 * PEFT does to that one alone, as long as ensure_weight_tying isn't asked for.
 *
 * @param words what the embeddings are called, in full
 * @param bare the same without the base model's prefix
 */
record OutputTie(String words, String bare) {
    /** The output layer. */
    static final String OUTPUT = "lm_head.weight";

    /** Whether the tie that config.json speaks of holds. */
    boolean holds(Optional<Weights> weights, Adaptation adaptation) {
        return adaptation.method().filter(this::parts).isEmpty()
                && weights.filter(this::differs).isEmpty();
    }

    private boolean parts(PeftMethod method) {
        return method.trains(words, Set.of())
                || method.trains(OUTPUT, Set.of())
                || method.adapts(layer(words), new LayerKind.Embedding())
                || method.adapts(layer(OUTPUT), new LayerKind.Output());
    }

    private static String layer(String parameter) {
        return parameter.substring(0, parameter.lastIndexOf('.'));
    }

    private boolean differs(Weights stored) {
        return stored.names().contains(OUTPUT)
                && List.of(words, bare).stream()
                        .filter(stored.names()::contains)
                        .findFirst()
                        .filter(found -> !same(stored, found))
                        .isPresent();
    }

    private static boolean same(Weights stored, String words) {
        final StoredTensor one = stored.describe(words);
        final StoredTensor other = stored.describe(OUTPUT);
        if (!Arrays.equals(one.shape(), other.shape())) {
            return false;
        }
        try (TensorScope scope = TensorScope.open()) {
            return one.dtype() == other.dtype()
                    ? stored.read(words).equal(stored.read(OUTPUT))
                    : stored.read(words, DType.F32).equal(stored.read(OUTPUT, DType.F32));
        }
    }

    /** Where each of the two is found if the checkpoint has it only once. */
    Map<String, List<String>> aliases() {
        return Map.of(words, List.of(bare, OUTPUT), OUTPUT, List.of(words, bare));
    }
}
