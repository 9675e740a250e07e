package dev.finetune.examples.pretrain;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The shape of a small Llama, its embeddings tied to its output layer, and the files that say so. */
final class SmallLlama {
    static final int POSITIONS = 512;

    private static final int HEAD_SIZE = 32;

    /** ChatML; what the assistant says, and the token that ends it, is marked as what is learned. */
    private static final String CHAT_TEMPLATE = """
            {%- for message in messages -%}
            {{- '<|im_start|>' + message['role'] + '\\n' -}}
            {%- if message['role'] == 'assistant' -%}
            {%- generation -%}{{- message['content'] + '<|im_end|>' -}}{%- endgeneration -%}
            {%- else -%}
            {{- message['content'] + '<|im_end|>' -}}
            {%- endif -%}
            {{- '\\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
            """;

    @Option(names = "--layers", description = "Layers.")
    private int layers = 6;

    @Option(names = "--width", description = "Width of the hidden states, a multiple of 32.")
    private int width = 192;

    @Option(names = "--key-heads", description = "Heads of keys and values; heads are 32 wide.")
    private int keyHeads = 2;

    @Option(names = "--inner", description = "Width of the feed-forward part.")
    private int inner = 512;

    /** Writes config.json, generation_config.json and chat_template.jinja. */
    void write(List<String> vocabulary, Path directory) throws IOException {
        final int end = vocabulary.indexOf(BytePairFiles.END_OF_TEXT);
        final JsonArray ends = new JsonArray();
        ends.add(vocabulary.indexOf(BytePairFiles.END));
        ends.add(end);
        final JsonArray architectures = new JsonArray();
        architectures.add("LlamaForCausalLM");
        final JsonObject config = new JsonObject();
        config.add("architectures", architectures);
        config.addProperty("model_type", "llama");
        config.addProperty("vocab_size", vocabulary.size());
        config.addProperty("hidden_size", width);
        config.addProperty("num_hidden_layers", layers);
        config.addProperty("num_attention_heads", width / HEAD_SIZE);
        config.addProperty("num_key_value_heads", keyHeads);
        config.addProperty("intermediate_size", inner);
        config.addProperty("hidden_act", "silu");
        config.addProperty("max_position_embeddings", POSITIONS);
        config.addProperty("rms_norm_eps", 1e-5);
        config.addProperty("rope_theta", 10_000.0);
        config.addProperty("initializer_range", 0.02);
        config.addProperty("tie_word_embeddings", true);
        config.add("bos_token_id", null);
        config.add("eos_token_id", ends);
        config.addProperty("pad_token_id", end);
        BytePairFiles.json(directory.resolve("config.json"), config);
        final JsonObject generation = new JsonObject();
        generation.add("eos_token_id", ends);
        generation.addProperty("pad_token_id", end);
        generation.addProperty("max_new_tokens", 80);
        BytePairFiles.json(directory.resolve("generation_config.json"), generation);
        Files.writeString(directory.resolve("chat_template.jinja"), CHAT_TEMPLATE);
    }
}
