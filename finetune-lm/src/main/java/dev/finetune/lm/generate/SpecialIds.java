package dev.finetune.lm.generate;

import java.util.List;
import java.util.OptionalInt;

/**
 * The tokens that have a part in how a text begins and ends, as generation_config.json says; those that end it are among the
 * settings ({@code Generation.stopTokens}).
 *
 * @param begin the token that a text begins with, {@code bos_token_id}
 * @param padding what stands where a row has no token, {@code pad_token_id}
 * @param decoderStart what the decoder of a model with an encoder begins with, {@code decoder_start_token_id}
 * @param forcedFirst what comes after a single token, {@code forced_bos_token_id}
 * @param forcedLast one of which comes last if a text reaches its greatest length, {@code forced_eos_token_id}; may be empty
 */
public record SpecialIds(
        OptionalInt begin,
        OptionalInt padding,
        OptionalInt decoderStart,
        OptionalInt forcedFirst,
        List<Integer> forcedLast) {
    /** Copies the list. */
    public SpecialIds {
        forcedLast = List.copyOf(forcedLast);
    }

    /** {@return none of them} */
    public static SpecialIds none() {
        final OptionalInt no = OptionalInt.empty();
        return new SpecialIds(no, no, no, no, List.of());
    }
}
