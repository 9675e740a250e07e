package dev.finetune.peft;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** LoRA and DoRA in adapter_config.json. */
final class LoraFormat implements PeftFormat {
    static final String TYPE = "LORA";
    static final String RANK = "r";
    static final String ALPHA = "lora_alpha";
    static final String DROPOUT = "lora_dropout";
    static final String RANK_STABILISED = "use_rslora";
    static final String DORA = "use_dora";
    static final String BIASES = "bias";
    static final String RANKS = "rank_pattern";
    static final String ALPHAS = "alpha_pattern";
    static final String INIT = "init_lora_weights";

    /** Ways to start that leave the base's weights as they are. */
    private static final Set<String> PLAIN_STARTS = Set.of("gaussian", "eva", "orthogonal");

    /** Ways to start that take the additions' first values out of the base's weights (their names' first letters). */
    private static final List<String> CHANGING_STARTS = List.of("pissa", "olora", "corda", "lora_ga");

    @Override
    public String type() {
        return TYPE;
    }

    @Override
    public Set<String> keys() {
        return Set.of(
                RANK,
                ALPHA,
                DROPOUT,
                RANK_STABILISED,
                DORA,
                BIASES,
                RANKS,
                ALPHAS,
                INIT,
                "loftq_config",
                "eva_config",
                "corda_config",
                "lora_ga_config");
    }

    /** With PEFT's defaults for what isn't said. */
    @Override
    public PeftMethod read(AdapterConfig config) {
        refuseStart(config);
        return new Lora(
                config.whole(RANK, 8),
                config.number(ALPHA, 8),
                config.number(DROPOUT, 0),
                config.flag(RANK_STABILISED),
                config.flag(DORA),
                biases(config),
                config.targets(Optional.of(Lora.QUERIES_AND_VALUES)),
                config.trainedWhole(),
                false,
                config.each(RANKS, config::whole),
                config.each(ALPHAS, config::number));
    }

    private static void refuseStart(AdapterConfig config) {
        if (config.isSilent(INIT) || config.isFlag(INIT)) {
            return;
        }
        final String name = config.text(INIT, "").toLowerCase(Locale.ROOT);
        if (CHANGING_STARTS.stream().anyMatch(name::startsWith)) {
            throw config.refusal(
                    INIT,
                    "it changed the base's weights when training began, so that on the original base the adapter would"
                            + " compute something else. In Python, save it as plain LoRA:"
                            + " save_pretrained(..., path_initial_model_for_weight_conversion=...) with the adapter as it"
                            + " was before training");
        }
        if (name.equals("loftq")) {
            throw config.refusal(
                    INIT, "it belongs to a base with quantised weights, not to the original one: merge it in Python");
        }
        if (!PLAIN_STARTS.contains(name)) {
            throw config.refusal(
                    INIT, "that is not supported; true, false, " + String.join(", ", PLAIN_STARTS) + " are");
        }
    }

    private static Lora.Biases biases(AdapterConfig config) {
        final String name = config.text(BIASES, "none");
        return Stream.of(Lora.Biases.values())
                .filter(biases -> name(biases).equals(name))
                .findFirst()
                .orElseThrow(() -> config.refusal(BIASES, "none, all and lora_only are known"));
    }

    static String name(Lora.Biases biases) {
        return biases.name().toLowerCase(Locale.ROOT);
    }
}
