package dev.finetune.hub;

import dev.finetune.internal.SentenceSettings;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which files of a repository a caller needs. They are fetched in the order of the components, so that the small files
 * come first and a directory whose weights are complete is complete.
 *
 * @param required files that the repository must have
 * @param ifPresent files that are fetched where the repository has them
 * @param oneOf choices: of each, the first set that the repository has in full is fetched
 */
public record FilesNeeded(List<String> required, List<String> ifPresent, List<FileAlternatives> oneOf) {
    /**
     * Keeps its own copies.
     *
     * @throws dev.finetune.error.FinetuneException if a name leads out of the repository
     */
    public FilesNeeded {
        required = SafeName.requireAll(required, "the required files");
        ifPresent = SafeName.requireAll(ifPresent, "the optional files");
        oneOf = List.copyOf(oneOf);
    }

    /**
     * {@return what fine-tuning a model takes: config.json; what prepares its inputs (tokenizer or image preprocessor
     * files, as many as there are); what says that more belongs to the model (sentence-transformers' modules, an
     * adapter); and its weights: model.safetensors, else the sharded safetensors, else pytorch_model.bin, else the
     * sharded pickles, else model.onnx with the data beside it, alone or in the folder onnx} Nothing else that a
     * repository may hold (other frameworks' weights, pictures) is fetched.
     */
    public static FilesNeeded model() {
        return new FilesNeeded(
                List.of("config.json"),
                Stream.concat(
                                SentenceSettings.FILES.stream(),
                                Stream.of(
                                        "tokenizer_config.json",
                                        "generation_config.json",
                                        "special_tokens_map.json",
                                        "added_tokens.json",
                                        "chat_template.jinja",
                                        "modules.json",
                                        "config_sentence_transformers.json",
                                        "1_Pooling/config.json",
                                        "adapter_config.json",
                                        "preprocessor_config.json",
                                        "processor_config.json",
                                        "tokenizer.json",
                                        "vocab.txt",
                                        "vocab.json",
                                        "merges.txt"))
                        .toList(),
                List.of(
                        FileAlternatives.ifAny(
                                "input preparation",
                                List.of(
                                        List.of("tokenizer.json"),
                                        List.of("vocab.txt"),
                                        List.of("vocab.json", "merges.txt"),
                                        List.of("spm.model"),
                                        List.of("spiece.model"),
                                        List.of("sentencepiece.bpe.model"),
                                        List.of("tokenizer.model"),
                                        List.of("preprocessor_config.json"))),
                        FileAlternatives.mandatory(
                                "weights",
                                List.of(
                                        List.of("model.safetensors"),
                                        List.of("model.safetensors.index.json"),
                                        List.of("pytorch_model.bin"),
                                        List.of("pytorch_model.bin.index.json"),
                                        List.of("model.onnx"),
                                        List.of("onnx/model.onnx")))));
    }

    /**
     * Exactly the named files, all of them required.
     *
     * @param names as the repository calls them, at least one
     * @return the choice of these files
     */
    public static FilesNeeded of(String... names) {
        return new FilesNeeded(List.of(names), List.of(), List.of());
    }

    /** Every name mentioned, in the order of fetching. */
    Set<String> mentioned() {
        Set<String> names = new LinkedHashSet<>(required);
        names.addAll(ifPresent);
        oneOf.forEach(choice -> choice.alternatives().forEach(names::addAll));
        return names;
    }

    /** What must be there, as a reader would say it. */
    List<String> describe() {
        List<String> words = new ArrayList<>(required);
        oneOf.stream()
                .filter(FileAlternatives::mandatory)
                .map(FileAlternatives::describe)
                .forEach(words::add);
        return words;
    }
}
