package dev.finetune.lm.decoder;

import dev.finetune.nn.Stage;
import dev.finetune.peft.LayerNames;
import dev.finetune.spi.ModelConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * Gemma (2024), Gemma 2 (2024) and the texts' part of Gemma 3 (Gemma Team, 2025). Gemma 2 caps scores of attention and logits, as its
 * authors and Transformers' "eager" attention do; Transformers' "sdpa" attention leaves the scores as they are.
 */
public final class GemmaFamily extends RotaryDecoderFamily {
    @Override
    public String name() {
        return "Gemma";
    }

    @Override
    int usualPadding() {
        return 0;
    }

    @Override
    public List<String> modelTypes() {
        return List.of("gemma", "gemma2", "gemma3_text");
    }

    /** As PEFT adapts them where no layers are named. */
    @Override
    public LayerNames layerNames(ModelConfig config) {
        return new LayerNames(
                List.of("q_proj", "v_proj"), List.of("q_proj", "v_proj"), List.of("down_proj"), List.of("score"));
    }

    @Override
    Plan plan(ModelConfig config, double dropout) {
        final GemmaConfig gemma = GemmaConfig.read(config, dropout);
        return new Plan(
                gemma.vocabulary(),
                gemma.width(),
                gemma.positions(),
                gemma.tied(),
                gemma.cap(),
                gemma.init(),
                source -> {
                    final GemmaEmbeddings embeddings = new GemmaEmbeddings(gemma, source);
                    final List<Stage> stages = new ArrayList<>(List.of(embeddings));
                    for (int i = 0; i < gemma.looks().size(); i++) {
                        stages.add(new GemmaLayer(gemma, source, i));
                    }
                    return new Trunk(stages, embeddings.words());
                });
    }

    @Override
    Architectures architectures(ModelConfig config) {
        return switch (config.string("model_type", "")) {
            case "gemma2" -> new Architectures("Gemma2ForCausalLM", "Gemma2ForSequenceClassification");
            case "gemma3_text" -> new Architectures("Gemma3ForCausalLM", "Gemma3TextForSequenceClassification");
            default -> new Architectures("GemmaForCausalLM", "GemmaForSequenceClassification");
        };
    }
}
