package dev.finetune.preference;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.Target;
import java.util.Optional;
import java.util.zip.Checksum;

/**
 * Two answers to one prompt as rows, of which one is preferred.
 *
 * @param chosen the prompt with the preferred answer, whose tokens are its targets
 * @param rejected the same with the other one
 * @param reference what the model said of both before its first step, where that is known
 */
public record PreferencePair(Encoded chosen, Encoded rejected, Optional<Reference> reference) implements Encoded {
    /**
     * Log-probabilities of both answers, added up over their tokens.
     *
     * @param chosen that of the preferred one
     * @param rejected that of the other one
     */
    public record Reference(float chosen, float rejected) {}

    /**
     * {@return a pair of which no model has said anything}
     *
     * @param chosen the prompt with the preferred answer, whose tokens are its targets
     * @param rejected the same with the other one
     */
    public static PreferencePair of(Encoded chosen, Encoded rejected) {
        return new PreferencePair(chosen, rejected, Optional.empty());
    }

    /**
     * {@return the same pair, knowing what the model said of it}
     *
     * @param said log-probabilities of both answers
     */
    public PreferencePair with(Reference said) {
        return new PreferencePair(chosen, rejected, Optional.of(said));
    }

    /** {@return the length of the longer one: both are padded to it} */
    @Override
    public int length() {
        return Math.max(chosen.length(), rejected.length());
    }

    @Override
    public Target target() {
        return new Target.None();
    }

    @Override
    public void addTo(Checksum sum) {
        chosen.addTo(sum);
        rejected.addTo(sum);
    }
}
