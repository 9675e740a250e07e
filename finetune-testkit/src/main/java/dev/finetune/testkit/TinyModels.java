package dev.finetune.testkit;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Pretrained models in miniature, as directories of the files that real ones have: {@code
 * FineTuner.from(TinyModels.bert())}. Their weights are numbers that depend on nothing but their names, the same in
 * every process and on every machine. They know next to nothing, but learn what {@link TinyData} holds in a second, at
 * a rate of some 3e-3.
 */
public final class TinyModels {
    private static final int LAYERS = 12;
    private static final int WIDTH = 16;
    private static final int INNER = 32;
    private static final int POSITIONS = 512;
    private static final int WRITER_WIDTH = 32;
    private static final int WRITER_POSITIONS = 256;
    private static final int BYTES = 256;
    private static final String END = "<|endoftext|>";
    private static final int[] CHANNELS = {8, 8, 16, 16};

    private TinyModels() {}

    /** {@return the directory of a model as {@link #bert(Path)} makes it, which goes when this process ends} */
    public static Path bert() {
        return bert(temporary());
    }

    /**
     * Makes a BERT of twelve layers, as BERT-base has, 16 wide, with two heads of attention and without dropout, that reads up to
     * 512 tokens (170 KB). Its vocabulary has the words of {@link TinyData}, those of a kind with vectors alike, and letters to
     * spell others with; capitals don't count. The checkpoint is one of masked-language modelling, so that heads for other tasks
     * are new, as with the published BERTs.
     *
     * @param directory where the files go; made if it isn't there
     * @return the directory
     */
    public static Path bert(Path directory) {
        final List<String> vocabulary = vocabulary();
        return written(
                directory,
                weights -> bert(weights, vocabulary),
                """
                {"model_type": "bert", "architectures": ["BertForMaskedLM"], "vocab_size": %d, "hidden_size": %d,
                 "num_hidden_layers": %d, "num_attention_heads": 2, "intermediate_size": %d, "hidden_act": "gelu",
                 "hidden_dropout_prob": 0, "attention_probs_dropout_prob": 0, "max_position_embeddings": %d,
                 "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12, "pad_token_id": 0}
                """.formatted(vocabulary.size(), WIDTH, LAYERS, INNER, POSITIONS),
                files -> {
                    Files.write(files.resolve("vocab.txt"), vocabulary);
                    Files.writeString(files.resolve("tokenizer_config.json"), """
                    {"tokenizer_class": "BertTokenizer", "do_lower_case": true, "model_max_length": %d}
                    """.formatted(POSITIONS));
                });
    }

    /** {@return the directory of a model as {@link #gpt2(Path)} makes it, which goes when this process ends} */
    public static Path gpt2() {
        return gpt2(temporary());
    }

    /**
     * Makes a GPT-2 of two layers, 32 wide, with two heads of attention and without dropout, that reads up to 256 tokens (170 KB). Its
     * tokens are the bytes of UTF-8 and the end of a text; it comes with a chat template, and learns a few short answers by heart
     * within some 40 epochs at a rate of 1e-2.
     *
     * @param directory where the files go; made if it isn't there
     * @return the directory
     */
    public static Path gpt2(Path directory) {
        return written(
                directory,
                TinyModels::gpt2,
                """
                {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": %d, "n_embd": %d, "n_layer": 2,
                 "n_head": 2, "n_positions": %d, "resid_pdrop": 0, "embd_pdrop": 0, "attn_pdrop": 0, "bos_token_id": %d,
                 "eos_token_id": %d}
                """.formatted(BYTES + 1, WRITER_WIDTH, WRITER_POSITIONS, BYTES, BYTES),
                files -> {
                    Files.writeString(
                            files.resolve("tokenizer.json"), byteTokenizer().toString());
                    Files.writeString(
                            files.resolve("tokenizer_config.json"), """
                    {"tokenizer_class": "GPT2Tokenizer", "model_max_length": %d, "bos_token": "%s", "eos_token": "%s",
                     "pad_token": "%s"}
                    """.formatted(WRITER_POSITIONS, END, END, END));
                    Files.writeString(files.resolve("chat_template.jinja"), """
                    {%- for message in messages -%}
                    {{ '<' + message.role + '>' + message.content }}
                    {%- if message.role == 'assistant' %}{{ eos_token }}{% endif -%}
                    {%- endfor -%}
                    {%- if add_generation_prompt %}{{ '<assistant>' }}{% endif -%}
                    """);
                });
    }

    /** {@return the directory of a model as {@link #resnet(Path)} makes it, which goes when this process ends} */
    public static Path resnet() {
        return resnet(temporary());
    }

    /**
     * Makes a residual network of four stages of one basic block, 8 to 16 channels wide, that tells cats from dogs by chance
     * (60 KB). It scales pictures to 32 x 32 pixels.
     *
     * @param directory where the files go; made if it isn't there
     * @return the directory
     */
    public static Path resnet(Path directory) {
        return written(
                directory,
                TinyModels::resnet,
                """
                {"model_type": "resnet", "architectures": ["ResNetForImageClassification"], "num_channels": 3,
                 "layer_type": "basic", "embedding_size": 8, "hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1],
                 "hidden_act": "relu", "id2label": {"0": "cat", "1": "dog"}, "label2id": {"cat": 0, "dog": 1}}
                """,
                files -> Files.writeString(files.resolve("preprocessor_config.json"), """
                {"image_processor_type": "ConvNextImageProcessor", "do_resize": true, "size": {"shortest_edge": 32},
                 "crop_pct": 1.0, "resample": 3, "do_rescale": true, "rescale_factor": 0.00392156862745098,
                 "do_normalize": true, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
                """));
    }

    /** Special tokens, what spells every word, then whole words. */
    private static List<String> vocabulary() {
        final List<String> vocabulary = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
        for (char sign : "abcdefghijklmnopqrstuvwxyz0123456789".toCharArray()) {
            vocabulary.add(String.valueOf(sign));
            vocabulary.add("##" + sign);
        }
        for (char sign : ".,:;!?'\"()-/".toCharArray()) {
            vocabulary.add(String.valueOf(sign));
        }
        vocabulary.addAll(TinyData.words());
        return vocabulary;
    }

    private static void bert(TinyWeights weights, List<String> words) {
        weights.given("bert.embeddings.word_embeddings.weight", embeddings(words), words.size(), WIDTH);
        weights.drawn("bert.embeddings.position_embeddings.weight", 0.02, POSITIONS, WIDTH);
        weights.drawn("bert.embeddings.token_type_embeddings.weight", 0.02, 2, WIDTH);
        weights.norm("bert.embeddings.LayerNorm", WIDTH);
        for (int i = 0; i < LAYERS; i++) {
            final String layer = "bert.encoder.layer." + i + ".";
            weights.linear(layer + "attention.self.query", 0.02, WIDTH, WIDTH);
            weights.linear(layer + "attention.self.key", 0.02, WIDTH, WIDTH);
            if (i == 0) { // Adds the words' mean to each word, so that the first token knows what words there are.
                weights.scaling(layer + "attention.self.value", 1, WIDTH);
                weights.scaling(layer + "attention.output.dense", 3, WIDTH);
            } else {
                weights.linear(layer + "attention.self.value", 0.02, WIDTH, WIDTH);
                weights.linear(layer + "attention.output.dense", 0.02, WIDTH, WIDTH);
            }
            weights.norm(layer + "attention.output.LayerNorm", WIDTH);
            weights.linear(layer + "intermediate.dense", 0.02, WIDTH, INNER);
            weights.linear(layer + "output.dense", 0.02, INNER, WIDTH);
            weights.norm(layer + "output.LayerNorm", WIDTH);
        }
        weights.linear("bert.pooler.dense", 0.25, WIDTH, WIDTH);
        weights.linear("cls.predictions.transform.dense", 0.25, WIDTH, WIDTH);
        weights.norm("cls.predictions.transform.LayerNorm", WIDTH);
        weights.filled("cls.predictions.bias", 0, words.size());
    }

    /** Words of a kind lie close together, as pretraining would bring them; the others anywhere. */
    private static float[] embeddings(List<String> words) {
        final float[] all = new float[words.size() * WIDTH];
        for (int i = 0; i < words.size(); i++) {
            final String word = words.get(i);
            final String kind = TinyData.kind(word);
            final float[] shared = TinyWeights.numbers(kind, kind.isEmpty() ? 0 : 1, WIDTH);
            final float[] own = TinyWeights.numbers(word, 0.2, WIDTH);
            for (int j = 0; j < WIDTH; j++) {
                all[i * WIDTH + j] = shared[j] + own[j];
            }
        }
        return all;
    }

    private static void gpt2(TinyWeights weights) {
        weights.drawn("transformer.wte.weight", 0.2, BYTES + 1, WRITER_WIDTH);
        weights.drawn("transformer.wpe.weight", 0.2, WRITER_POSITIONS, WRITER_WIDTH);
        for (int i = 0; i < 2; i++) {
            final String layer = "transformer.h." + i + ".";
            weights.norm(layer + "ln_1", WRITER_WIDTH);
            conv1D(weights, layer + "attn.c_attn", WRITER_WIDTH, 3 * WRITER_WIDTH);
            conv1D(weights, layer + "attn.c_proj", WRITER_WIDTH, WRITER_WIDTH);
            weights.norm(layer + "ln_2", WRITER_WIDTH);
            conv1D(weights, layer + "mlp.c_fc", WRITER_WIDTH, 4 * WRITER_WIDTH);
            conv1D(weights, layer + "mlp.c_proj", 4 * WRITER_WIDTH, WRITER_WIDTH);
        }
        weights.norm("transformer.ln_f", WRITER_WIDTH);
    }

    private static void conv1D(TinyWeights weights, String name, int in, int out) {
        weights.drawn(name + ".weight", 1 / Math.sqrt(in), in, out);
        weights.filled(name + ".bias", 0, out);
    }

    /** A token for each byte, as byte-level tokenizers write them, and one for the end of a text. */
    private static JsonObject byteTokenizer() {
        final JsonObject vocabulary = new JsonObject();
        int unprintable = 0;
        for (int value = 0; value < BYTES; value++) {
            final boolean printable = value >= '!' && value <= '~' || value >= 0xA1 && value <= 0xAC || value >= 0xAE;
            vocabulary.addProperty(String.valueOf((char) (printable ? value : BYTES + unprintable++)), value);
        }
        vocabulary.addProperty(END, BYTES);
        final JsonObject bytes = JsonParser.parseString(
                        "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": true}")
                .getAsJsonObject();
        final JsonObject model =
                JsonParser.parseString("{\"type\": \"BPE\", \"merges\": []}").getAsJsonObject();
        model.add("vocab", vocabulary);
        final JsonObject tokenizer =
                JsonParser.parseString("""
                {"version": "1.0", "added_tokens": [{"id": %d, "content": "%s", "single_word": false, "lstrip": false,
                 "rstrip": false, "normalized": false, "special": true}]}
                """.formatted(BYTES, END)).getAsJsonObject();
        tokenizer.add("pre_tokenizer", bytes);
        tokenizer.add("decoder", bytes);
        tokenizer.add("model", model);
        return tokenizer;
    }

    private static void resnet(TinyWeights weights) {
        convolution(weights, "resnet.embedder.embedder", 3, 8, 7);
        int in = 8;
        for (int i = 0; i < CHANNELS.length; i++) {
            final int out = CHANNELS[i];
            final String block = "resnet.encoder.stages." + i + ".layers.0.";
            if (i > 0) { // The first stage neither halves nor widens.
                convolution(weights, block + "shortcut", in, out, 1);
            }
            convolution(weights, block + "layer.0", in, out, 3);
            convolution(weights, block + "layer.1", out, out, 3);
            in = out;
        }
        weights.linear("classifier.1", 0.1, in, 2);
    }

    /** A convolution without bias, and the batch norm behind it. */
    private static void convolution(TinyWeights weights, String name, int in, int out, int size) {
        weights.drawn(name + ".convolution.weight", Math.sqrt(2.0 / (in * size * size)), out, in, size, size);
        final String norm = name + ".normalization";
        weights.norm(norm, out);
        weights.filled(norm + ".running_mean", 0, out);
        weights.filled(norm + ".running_var", 1, out);
        weights.count(norm + ".num_batches_tracked", 0);
    }

    @FunctionalInterface
    private interface Filling<T> {
        void fill(T what) throws IOException;
    }

    private static Path written(Path directory, Filling<TinyWeights> tensors, String config, Filling<Path> others) {
        final TinyWeights weights = new TinyWeights();
        try {
            Files.createDirectories(directory);
            tensors.fill(weights);
            weights.write(directory.resolve("model.safetensors"));
            Files.writeString(directory.resolve("config.json"), config);
            others.fill(directory);
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path temporary() {
        try {
            final Path directory = Files.createTempDirectory("tiny-model");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory), "tiny-model"));
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path directory) {
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            // It lies among the temporary files, which the system cleans.
        }
    }
}
