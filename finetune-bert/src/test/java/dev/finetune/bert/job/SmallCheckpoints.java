package dev.finetune.bert.job;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.fuzz.FilesMutation;
import dev.finetune.fuzz.WrittenFiles;
import dev.finetune.head.Heads;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.peft.Lora;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/** Checkpoints of some kilobytes: encoders of one layer, 8 wide, with a dozen words. */
final class SmallCheckpoints {
    private static final String BERT = """
            {"model_type":"bert","vocab_size":12,"hidden_size":8,"num_hidden_layers":1,
             "num_attention_heads":2,"intermediate_size":8,"hidden_act":"gelu","hidden_dropout_prob":0.1,"attention_probs_dropout_prob":0.1,
             "max_position_embeddings":16,"type_vocab_size":2,"initializer_range":0.02,"layer_norm_eps":1e-12,"pad_token_id":0}
            """;

    private static final String DISTILBERT = """
            {"model_type":"distilbert","vocab_size":12,"dim":8,"n_layers":1,"n_heads":2,
             "hidden_dim":8,"activation":"gelu","dropout":0.1,"attention_dropout":0.1,"seq_classif_dropout":0.2,"qa_dropout":0.1,
             "max_position_embeddings":16,"sinusoidal_pos_embds":false,"initializer_range":0.02,"pad_token_id":0}
            """;

    private static final String VOCABULARY = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\n##s\nsat\na\n##a\nnew\n";
    private static final String TOKENIZER =
            "{\"tokenizer_class\":\"BertTokenizer\",\"do_lower_case\":true,\"model_max_length\":16}";
    private static final long SHARD_BYTES = 1 << 10;

    /** Where an adapter lies in a checkpoint's directory. */
    static final String ADAPTER = "adapter";

    private SmallCheckpoints() {}

    /** Classifiers, with and without an adapter and in shards, taggers, and models that answer, guess and count. */
    static List<Map<String, byte[]>> all() throws IOException {
        final Map<String, byte[]> classifier =
                saved(BERT, from -> from.head("bad", "good", "so").untrained(Text.class));
        classifier.put("calibration.json", text("{\"temperature\":1.5,\"thresholds\":[]}"));
        final Map<String, byte[]> tagger =
                saved(BERT, from -> from.head(Heads.tokens("O", "B-X", "I-X")).untrained(Words.class));
        return List.of(
                classifier,
                sharded(classifier),
                adapted(classifier, Lora.rank(2).training(List.of("classifier"))),
                adapted(classifier, Lora.rank(2).withDora().allLinear()),
                saved(BERT, from -> from.head(Heads.multiLabel("a", "b")).untrained(Text.class)),
                saved(DISTILBERT, from -> from.head(Heads.regression(2)).untrained(Text.class)),
                tagger,
                saved(BERT, from -> from.head(Heads.questionAnswering()).untrained(Question.class)),
                saved(DISTILBERT, from -> from.head(Heads.maskedLm()).untrained(Text.class)));
    }

    private static Map<String, byte[]> saved(String config, Function<FineTuner, FineTuned<?>> make) throws IOException {
        final Path blank = Files.createTempDirectory("finetune-small");
        Files.writeString(blank.resolve("config.json"), config);
        Files.writeString(blank.resolve("vocab.txt"), VOCABULARY);
        Files.writeString(blank.resolve("tokenizer_config.json"), TOKENIZER);
        final Path saved = blank.resolve("saved");
        try (FineTuned<?> model = make.apply(
                FineTuner.from(blank).initialization(i -> i.randomWeights(true)).seed(1))) {
            model.save(saved);
        }
        return read(saved);
    }

    /** What is there without the checksums, which would refuse every change. */
    private static Map<String, byte[]> read(Path directory) throws IOException {
        final Map<String, byte[]> files = FilesMutation.read(directory);
        files.keySet().removeIf(name -> name.endsWith("finetune-files.json") || name.endsWith(".md"));
        return files;
    }

    private static Map<String, byte[]> sharded(Map<String, byte[]> whole) throws IOException {
        final Path directory = written(whole);
        final Path shards = Files.createDirectory(directory.resolve("shards"));
        try (TensorScope scope = TensorScope.open();
                Weights weights = Weights.open(directory)) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            weights.names().forEach(name -> tensors.put(name, weights.read(name)));
            SafetensorsWriter.writeSharded(shards, tensors, SHARD_BYTES);
        }
        final Map<String, byte[]> files = new TreeMap<>(whole);
        files.remove("model.safetensors");
        files.putAll(read(shards));
        return files;
    }

    private static Map<String, byte[]> adapted(Map<String, byte[]> whole, Lora lora) throws IOException {
        final Path directory = written(whole);
        final Path adapter = directory.resolve(ADAPTER);
        try (FineTuned<Text> model = FineTuner.from(directory).lora(lora).untrained(Text.class)) {
            model.saveAdapter(adapter);
        }
        return read(directory);
    }

    private static Path written(Map<String, byte[]> files) throws IOException {
        final Path directory = Files.createTempDirectory("finetune-small");
        new WrittenFiles(directory).write(files);
        return directory;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
