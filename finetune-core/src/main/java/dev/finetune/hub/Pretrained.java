package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A pretrained model that comes on the class path, in a jar: its weights and its tokenizer.json as resources, and what the
 * jar lacks as texts.
 *
 * <pre>{@code
 * FineTuner.from(Pretrained.resource("all-minilm-l6-v2.onnx", "all-minilm-l6-v2-tokenizer.json")).head(2)
 * }</pre>
 *
 * <p>Models that a family knows by name need only that, {@code FineTuner.from("all-minilm-l6-v2")}. The resources are
 * unpacked to a folder of the Hugging Face cache, once; nothing comes over the network.
 *
 * @param name what the model is called, in reports too
 * @param weights the resource that is its weights, in any format of checkpoints; its ending tells an ONNX file
 * @param tokenizer the resource that is its tokenizer.json
 * @param files other files of its directory: their contents by their names, such as "config.json"
 * @param dependency what to say where the resources aren't there: which dependency brings them
 */
public record Pretrained(
        String name, String weights, String tokenizer, Map<String, String> files, Optional<String> dependency) {
    /**
     * Copies the files.
     *
     * @throws FinetuneException if the name can't be a folder's, or a file's name leads out of its directory
     */
    public Pretrained {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(weights, "weights");
        Objects.requireNonNull(tokenizer, "tokenizer");
        Objects.requireNonNull(dependency, "dependency");
        files = Collections.unmodifiableMap(new TreeMap<>(Objects.requireNonNull(files, "files")));
        if (!SafeName.isSingle(name)) {
            throw new FinetuneException("A model from the class path can't be called \"" + SafeName.printable(name)
                    + "\": expected a plain name, such as \"all-minilm-l6-v2\".");
        }
        SafeName.requireAll(List.copyOf(files.keySet()), "the files of " + name);
    }

    /**
     * A model of which the class path has the weights and the tokenizer.
     *
     * @param weights the name of a resource, from the root of the class path: "models/encoder.onnx"
     * @param tokenizer the name of the resource that is its tokenizer.json
     * @return the model, called as its weights without their ending; nothing is read yet
     */
    public static Pretrained resource(String weights, String tokenizer) {
        Objects.requireNonNull(weights, "weights");
        Objects.requireNonNull(tokenizer, "tokenizer");
        final String file = weights.substring(weights.lastIndexOf('/') + 1);
        final int dot = file.lastIndexOf('.');
        return new Pretrained(dot > 0 ? file.substring(0, dot) : file, weights, tokenizer, Map.of(), Optional.empty());
    }

    /**
     * The same with another file in its directory, such as config.json or sentence-transformers' modules.json.
     *
     * @param file its name there, in a folder with slashes
     * @param text its content
     * @return another model
     * @throws FinetuneException if the name leads out of the directory
     */
    public Pretrained with(String file, String text) {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(text, "text");
        final Map<String, String> more = new TreeMap<>(files);
        more.put(file, text);
        return new Pretrained(name, weights, tokenizer, more, dependency);
    }
}
