package dev.finetune.internal.run;

import dev.finetune.calibration.Calibration;
import dev.finetune.internal.SentenceSettings;
import dev.finetune.internal.saving.DirectorySave;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Which files of a directory belong to a model, as Transformers, PEFT, sentence-transformers, Optimum and we name them. */
final class ModelFiles {
    /** Marks what this library saved. */
    static final String RECORD = "finetune.json";

    static final String CARD = "README.md";

    private static final Set<String> NAMES = Set.of(
            RECORD,
            DirectorySave.LIST,
            Calibration.FILE,
            "config.json",
            "generation_config.json",
            "adapter_config.json",
            "preprocessor_config.json",
            "processor_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "vocab.txt",
            "vocab.json",
            "merges.txt",
            "bpe.codes",
            "sentencepiece.bpe.model",
            "spiece.model",
            "spm.model",
            "tokenizer.model",
            "chat_template.jinja",
            "chat_template.json",
            "modules.json",
            "config_sentence_transformers.json",
            "training_args.bin",
            "trainer_state.json",
            "optimizer.pt",
            "scheduler.pt",
            "scaler.pt",
            "rng_state.pth");

    /** Weights in one file or in shards, with or without an index, in any format that is written under these names. */
    private static final Pattern WEIGHTS = Pattern.compile(
            "(model|pytorch_model|adapter_model|tf_model|flax_model|rust_model|openvino_model)([-_.][\\w.-]+)?"
                    + "\\.(safetensors|bin|h5|msgpack|ot|onnx|onnx_data|onnx\\.data|xml)(\\.index\\.json)?");

    /** Folders of a model: exported formats, and the modules of sentence-transformers, such as 1_Pooling. */
    private static final Pattern FOLDERS = Pattern.compile("onnx|openvino|\\d+_[A-Z]\\w*");

    private ModelFiles() {}

    static boolean belongs(String name) {
        return NAMES.contains(name)
                || SentenceSettings.FILES.contains(name)
                || WEIGHTS.matcher(name).matches();
    }

    /** The files of a directory that belong to a model, those in its folders included, with slashes; in order. */
    static Set<String> namesIn(Path directory) throws IOException {
        final Set<String> names = new TreeSet<>();
        for (Path file : in(directory)) {
            final String name = directory.relativize(file).toString();
            names.add(name.replace(file.getFileSystem().getSeparator(), "/"));
        }
        return names;
    }

    private static List<Path> in(Path directory) throws IOException {
        final List<Path> found = new ArrayList<>();
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.sorted().toList()) {
                final String name = entry.getFileName().toString();
                if (Files.isDirectory(entry)) {
                    found.addAll(FOLDERS.matcher(name).matches() ? in(entry) : List.of());
                } else if (belongs(name)) {
                    found.add(entry);
                }
            }
        }
        return found;
    }
}
