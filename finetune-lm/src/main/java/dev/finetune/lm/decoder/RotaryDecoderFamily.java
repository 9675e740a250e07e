package dev.finetune.lm.decoder;

import java.util.List;

/** What families have in common that name their parameters as Llama does, and turn queries and keys by their positions. */
abstract class RotaryDecoderFamily extends DecoderFamily {
    @Override
    String prefix() {
        return "model";
    }

    @Override
    String words() {
        return "embed_tokens.weight";
    }

    @Override
    List<String> parts() {
        return List.of("embed_tokens.", "layers.", "norm.");
    }

    /** What older versions stored of rotary positions. */
    @Override
    boolean ignores(String name) {
        return name.endsWith("rotary_emb.inv_freq");
    }
}
