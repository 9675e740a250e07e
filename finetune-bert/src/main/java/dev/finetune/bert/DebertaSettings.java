package dev.finetune.bert;

import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Activation;
import dev.finetune.spi.ModelConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a DeBERTa's config.json says beyond what encoders share.
 *
 * @param relative whether attention compares with distances, too
 * @param contentToPosition whether a query's content is compared with the distance of the key
 * @param positionToContent whether a key's content is compared with the distance of the query
 * @param sharedProjections whether distances are projected by the layers that project contents
 * @param normedDistances whether the embeddings of distances are normed
 * @param buckets into which distances are put on each side, 0 for none: every distance has an embedding
 * @param farthest distance
 * @param positionsInInput whether positions are added to the embeddings
 * @param convolution what the first layer has beside it
 */
record DebertaSettings(
        boolean relative,
        boolean contentToPosition,
        boolean positionToContent,
        boolean sharedProjections,
        boolean normedDistances,
        int buckets,
        int farthest,
        boolean positionsInInput,
        Optional<Convolution> convolution) {
    /**
     * A convolution over the tokens.
     *
     * @param width of its kernel, an odd number
     * @param groups into which the channels are divided
     * @param activation after it
     */
    record Convolution(int width, int groups, Activation activation) {}

    /** Reads them; what changes the computation and isn't supported is refused by name. */
    static DebertaSettings of(ModelConfig config, EncoderConfig encoder) {
        config.refuseUnless("attention_head_size", Integer.toString(encoder.hidden() / encoder.heads()));
        final List<String> kinds = kinds(config);
        final int farthest = config.integer("max_relative_positions", -1);
        final int buckets = config.integer("position_buckets", -1);
        if (buckets == 1) {
            throw new FinetuneException(
                    config.file() + ": \"position_buckets\" is 1; it must be at least 2, or -1 for none.");
        }
        return new DebertaSettings(
                config.bool("relative_attention", false),
                kinds.contains("c2p"),
                kinds.contains("p2c"),
                config.bool("share_att_key", false),
                parts(config.string("norm_rel_ebd", "none")).contains("layer_norm"),
                Math.max(0, buckets),
                farthest < 1 ? encoder.positions() : farthest,
                config.bool("position_biased_input", true),
                convolution(config, encoder.hidden()));
    }

    private static List<String> kinds(ModelConfig config) {
        final boolean inOne =
                config.has("pos_att_type") && config.json().get("pos_att_type").isJsonPrimitive();
        final List<String> kinds = inOne ? parts(config.string("pos_att_type", "")) : config.strings("pos_att_type");
        for (String kind : kinds) {
            if (!List.of("c2p", "p2c", "").contains(kind)) {
                throw new FinetuneException(config.file() + ": \"pos_att_type\" says \"" + kind
                        + "\", which is not supported (only c2p and p2c are).");
            }
        }
        return kinds;
    }

    private static List<String> parts(String joined) {
        return Arrays.stream(joined.toLowerCase(Locale.ROOT).split("\\|"))
                .map(String::strip)
                .toList();
    }

    private static Optional<Convolution> convolution(ModelConfig config, int hidden) {
        final int width = config.integer("conv_kernel_size", 0);
        if (width <= 0) {
            return Optional.empty();
        }
        final int groups = config.size("conv_groups", 1);
        if (width % 2 == 0 || hidden % groups != 0) {
            throw new FinetuneException(config.file() + ": \"conv_kernel_size\" must be odd and \"conv_groups\" divide"
                    + " the hidden size " + hidden + ", but they are " + width + " and " + groups + ".");
        }
        return Optional.of(new Convolution(width, groups, config.activation("conv_act", "tanh")));
    }

    /** How many distances on each side have an embedding. */
    int span() {
        return buckets > 0 ? buckets : farthest;
    }

    /** What scores are multiplied with: they are sums of as many products as there are kinds of comparison. */
    double scale(int headSize) {
        final int products = 1 + (contentToPosition ? 1 : 0) + (positionToContent ? 1 : 0);
        return 1 / Math.sqrt((double) headSize * products);
    }
}
