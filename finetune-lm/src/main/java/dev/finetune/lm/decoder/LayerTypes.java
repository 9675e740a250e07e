package dev.finetune.lm.decoder;

import dev.finetune.error.FinetuneException;
import dev.finetune.lm.decoder.GemmaConfig.Look;
import dev.finetune.spi.ModelConfig;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which layers of Gemma 2 and Gemma 3 see all tokens, and which the last "sliding_window" ones.
 *
 * @param windowed of each layer whether it has a window
 */
record LayerTypes(List<Boolean> windowed) {
    private static final String ALL = "full_attention";
    private static final String WINDOW = "sliding_attention";

    /** Layers that all look alike. */
    static List<Look> all(int layers, Look look) {
        return Collections.nCopies(layers, look);
    }

    /**
     * "layer_types" says it layer by layer; else every so-manieth layer sees all.
     *
     * @param pattern that number
     */
    static LayerTypes read(ModelConfig config, int layers, int pattern) {
        final List<String> said = config.strings("layer_types");
        if (!config.has("layer_types")) {
            return new LayerTypes(IntStream.rangeClosed(1, layers)
                    .mapToObj(layer -> layer % pattern != 0)
                    .toList());
        }
        if (said.size() != layers) {
            throw new FinetuneException(config.file() + ": \"layer_types\" names " + said.size()
                    + " layers, and there are " + layers + " (num_hidden_layers).");
        }
        for (String type : said) {
            if (!type.equals(ALL) && !type.equals(WINDOW)) {
                throw new FinetuneException(config.file() + ": \"layer_types\": \"" + type
                        + "\" is not supported; known are " + ALL + " and " + WINDOW + ".");
            }
        }
        return new LayerTypes(said.stream().map(WINDOW::equals).toList());
    }

    /**
     * How each layer looks back.
     *
     * @param ofAll by which layers that see all tell positions apart
     * @param ofWindows by which the others do
     */
    List<Look> looks(ModelConfig config, RotaryPositions ofAll, RotaryPositions ofWindows) {
        if (windowed.contains(true) && LlamaConfig.saysNone(config, "sliding_window")) {
            throw new FinetuneException(config.file() + ": \"sliding_window\" is null, but layers of the type " + WINDOW
                    + " need to know how many tokens they see. Say a number, or " + ALL + " in \"layer_types\".");
        }
        final int window = windowed.contains(true) ? config.size("sliding_window", 4096) : 0;
        return windowed.stream()
                .map(each -> each ? new Look(window, ofWindows) : new Look(0, ofAll))
                .toList();
    }
}
