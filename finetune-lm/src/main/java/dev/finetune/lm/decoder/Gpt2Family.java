package dev.finetune.lm.decoder;

import dev.finetune.nn.Stage;
import dev.finetune.peft.LayerNames;
import dev.finetune.spi.ModelConfig;
import java.util.ArrayList;
import java.util.List;

/** GPT-2 (Radford et al., "Language models are unsupervised multitask learners", 2019). */
public final class Gpt2Family extends DecoderFamily {
    @Override
    public String name() {
        return "GPT-2";
    }

    @Override
    boolean looksUpPositions() {
        return true;
    }

    @Override
    public List<String> modelTypes() {
        return List.of("gpt2");
    }

    /** As PEFT adapts it where no layers are named. */
    @Override
    public LayerNames layerNames(ModelConfig config) {
        return new LayerNames(List.of("c_attn"), List.of("c_attn"), List.of("mlp.c_proj"), List.of("score"));
    }

    @Override
    Plan plan(ModelConfig config, double dropout) {
        final Gpt2Config gpt2 = Gpt2Config.read(config, dropout);
        return new Plan(gpt2.vocabulary(), gpt2.width(), gpt2.positions(), gpt2.tied(), gpt2.init(), source -> {
            final Gpt2Embeddings embeddings = new Gpt2Embeddings(gpt2, source);
            final List<Stage> stages = new ArrayList<>(List.of(embeddings));
            for (int i = 0; i < gpt2.layers(); i++) {
                stages.add(new Gpt2Layer(gpt2, source, i));
            }
            return new Trunk(stages, embeddings.words());
        });
    }

    @Override
    String prefix() {
        return "transformer";
    }

    @Override
    String words() {
        return "wte.weight";
    }

    @Override
    List<String> parts() {
        return List.of("wte.", "wpe.", "h.", "ln_f.");
    }

    @Override
    Architectures architectures(ModelConfig config) {
        return new Architectures("GPT2LMHeadModel", "GPT2ForSequenceClassification");
    }

    /** The mask that older versions stored. */
    @Override
    boolean ignores(String name) {
        return name.endsWith(".attn.bias") || name.endsWith(".attn.masked_bias");
    }
}
