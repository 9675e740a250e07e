package dev.finetune.lm.decoder;

import dev.finetune.lm.decoder.LlamaConfig.Defaults;
import dev.finetune.lm.decoder.LlamaConfig.Parts;
import dev.finetune.nn.Stage;
import dev.finetune.peft.LayerNames;
import dev.finetune.spi.ModelConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * Llama (Touvron et al., 2023) and its kin, which differ in biases, norms and how far tokens see: Mistral (Jiang et al., 2023),
 * Qwen2 (Yang et al., 2024) and Qwen3 (2025).
 */
public final class LlamaFamily extends RotaryDecoderFamily {
    @Override
    public String name() {
        return "Llama";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("llama", "mistral", "qwen2", "qwen3");
    }

    /** As PEFT adapts them where no layers are named: IA3 multiplies Qwen's queries, and Llama's and Mistral's keys. */
    @Override
    public LayerNames layerNames(ModelConfig config) {
        final String beside = config.string("model_type", "").startsWith("qwen") ? "q_proj" : "k_proj";
        return new LayerNames(
                List.of("q_proj", "v_proj"), List.of(beside, "v_proj"), List.of("down_proj"), List.of("score"));
    }

    @Override
    Plan plan(ModelConfig config, double dropout) {
        final LlamaConfig llama = read(config, dropout);
        return new Plan(llama.vocabulary(), llama.width(), llama.positions(), llama.tied(), llama.init(), source -> {
            final LlamaEmbeddings embeddings = new LlamaEmbeddings(llama, source);
            final List<Stage> stages = new ArrayList<>(List.of(embeddings));
            for (int i = 0; i < llama.layers(); i++) {
                stages.add(new LlamaLayer(llama, source, i));
            }
            return new Trunk(stages, embeddings.words());
        });
    }

    static LlamaConfig read(ModelConfig config, double dropout) {
        return switch (config.string("model_type", "")) {
            case "mistral" ->
                LlamaConfig.read(
                        config,
                        new Defaults(32_000, 14_336, 131_072, 8, 0),
                        new Parts(false, false, false),
                        LlamaConfig.sliding(4096),
                        dropout);
            case "qwen2" ->
                LlamaConfig.read(
                        config,
                        new Defaults(151_936, 22_016, 32_768, 32, 0),
                        new Parts(true, false, false),
                        LlamaConfig::byLayer,
                        dropout);
            case "qwen3" ->
                LlamaConfig.read(
                        config,
                        new Defaults(151_936, 22_016, 32_768, 32, 128),
                        new Parts(null, false, true),
                        LlamaConfig::byLayer,
                        dropout);
            default ->
                LlamaConfig.read(
                        config,
                        new Defaults(32_000, 11_008, 2048, 0, 0),
                        new Parts(null, true, false),
                        LlamaConfig::unlimited,
                        dropout);
        };
    }

    @Override
    Architectures architectures(ModelConfig config) {
        final String stem = switch (config.string("model_type", "")) {
            case "mistral" -> "Mistral";
            case "qwen2" -> "Qwen2";
            case "qwen3" -> "Qwen3";
            default -> "Llama";
        };
        return new Architectures(stem + "ForCausalLM", stem + "ForSequenceClassification");
    }
}
