package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.examples.WrongUsage;
import dev.finetune.internal.torch.FreedBlocks;
import dev.finetune.internal.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A language model's shape.
 *
 * @param family gpt2 or llama
 * @param vocabulary how many tokens there are
 * @param layers how many layers
 * @param width of the hidden states
 * @param heads of queries
 * @param keyHeads of keys and values; GPT-2 has as many as of queries
 * @param inner width of the feed-forward part
 */
record LmShape(String family, int vocabulary, int layers, int width, int heads, int keyHeads, int inner) {
    /** The family's small model: GPT-2 of 124 million parameters, or a Llama of 1.1 thousand million. */
    static LmShape of(String family) {
        return switch (family) {
            case "gpt2" -> new LmShape(family, 50_257, 12, 768, 12, 12, 3072);
            case "llama" -> new LmShape(family, 32_000, 22, 2048, 32, 4, 5632);
            default -> throw new WrongUsage("--family " + family + ": there are gpt2 and llama.");
        };
    }

    /** With other numbers, where they are positive. */
    LmShape with(int otherVocabulary, int otherLayers) {
        return new LmShape(
                family,
                otherVocabulary > 0 ? otherVocabulary : vocabulary,
                otherLayers > 0 ? otherLayers : layers,
                width,
                heads,
                keyHeads,
                inner);
    }

    /** Writes config.json and a tokenizer of a few tokens, without weights. */
    void write(Path folder) throws IOException {
        Files.writeString(folder.resolve("config.json"), new Gson().toJson(config()));
        Files.writeString(
                folder.resolve("tokenizer.json"),
                "{\"version\":\"1.0\",\"added_tokens\":[],\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"model\":"
                        + "{\"type\":\"WordLevel\",\"unk_token\":\"<unk>\",\"vocab\":{\"<unk>\":0,\"</s>\":1}}}");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"eos_token\":\"</s>\",\"pad_token\":\"</s>\"}");
    }

    /** Writes random weights in bfloat16, as published checkpoints of Llama's kin have them, a file a layer. */
    void writeWeights(Path folder) throws IOException {
        final JsonObject files = new JsonObject();
        for (int i = 0; i < layers; i++) {
            writeFile(folder, "layer-" + i, layer("model.layers." + i + "."), files);
        }
        final Map<String, long[]> rest = new LinkedHashMap<>();
        rest.put("model.embed_tokens.weight", new long[] {vocabulary, width});
        rest.put("model.norm.weight", new long[] {width});
        rest.put("lm_head.weight", new long[] {vocabulary, width});
        writeFile(folder, "rest", rest, files);
        final JsonObject index = new JsonObject();
        index.add("metadata", new JsonObject());
        index.add("weight_map", files);
        Files.writeString(folder.resolve("model.safetensors.index.json"), new Gson().toJson(index));
    }

    private Map<String, long[]> layer(String prefix) {
        final long narrow = (long) width / heads * keyHeads;
        final Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put(prefix + "input_layernorm.weight", new long[] {width});
        shapes.put(prefix + "post_attention_layernorm.weight", new long[] {width});
        shapes.put(prefix + "self_attn.q_proj.weight", new long[] {width, width});
        shapes.put(prefix + "self_attn.k_proj.weight", new long[] {narrow, width});
        shapes.put(prefix + "self_attn.v_proj.weight", new long[] {narrow, width});
        shapes.put(prefix + "self_attn.o_proj.weight", new long[] {width, width});
        shapes.put(prefix + "mlp.gate_proj.weight", new long[] {inner, width});
        shapes.put(prefix + "mlp.up_proj.weight", new long[] {inner, width});
        shapes.put(prefix + "mlp.down_proj.weight", new long[] {width, inner});
        return shapes;
    }

    private static void writeFile(Path folder, String name, Map<String, long[]> shapes, JsonObject files) {
        final String file = "model-" + name + ".safetensors";
        try (TensorScope scope = TensorScope.open()) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            shapes.forEach((tensor, shape) -> {
                final Tensor empty = torch.empty(shape, new TensorOptions(ScalarType.BFloat16), null);
                tensors.put(
                        tensor,
                        shape.length == 1
                                ? empty.fill_(new Scalar(1))
                                : empty.uniform_(-0.03, 0.03, new GeneratorOptional()));
                files.addProperty(tensor, file);
            });
            SafetensorsWriter.write(folder.resolve(file), tensors, Map.of());
        }
        FreedBlocks.giveBack();
    }

    private JsonObject config() {
        final JsonObject config = new JsonObject();
        config.addProperty("model_type", family);
        config.addProperty("vocab_size", vocabulary);
        if (family.equals("gpt2")) {
            config.addProperty("n_layer", layers);
            config.addProperty("n_embd", width);
            config.addProperty("n_head", heads);
            config.addProperty("n_inner", inner);
        } else {
            config.addProperty("num_hidden_layers", layers);
            config.addProperty("hidden_size", width);
            config.addProperty("num_attention_heads", heads);
            config.addProperty("num_key_value_heads", keyHeads);
            config.addProperty("intermediate_size", inner);
        }
        return config;
    }
}
