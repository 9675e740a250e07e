package dev.finetune.spi;

import com.google.gson.JsonObject;
import dev.finetune.checkpoint.Weights;
import dev.finetune.head.Head;
import dev.finetune.peft.LayerNames;
import java.util.List;
import java.util.Optional;

/**
 * A family of networks, such as BERT. Found with {@link java.util.ServiceLoader}: a module that brings one names it in
 * {@code META-INF/services/dev.finetune.spi.ModelFamily}. (Those of this project are named as {@link TextModelFamily},
 * {@link ImageModelFamily} and {@link LanguageModelFamily}.)
 */
public interface ModelFamily {
    /** {@return its name, for messages} */
    String name();

    /** {@return the values of {@code model_type} in config.json that it knows, for messages} */
    List<String> modelTypes();

    /**
     * {@return whether it can build what the configuration describes}
     *
     * @param config of the checkpoint
     */
    boolean recognises(ModelConfig config);

    /**
     * {@return the configuration of weights that came without config.json, told from the names and shapes of their
     * tensors; empty where they aren't of this family}
     *
     * @param weights open, borrowed for the call
     */
    default Optional<JsonObject> describe(Weights weights) {
        return Optional.empty();
    }

    /**
     * {@return the head that the checkpoint was saved with, if it has one}
     *
     * @param config of the checkpoint
     */
    Optional<Head> savedHead(ModelConfig config);

    /**
     * {@return what a network's layers are called, for methods such as LoRA that are told of no layers}
     *
     * @param config of the checkpoint: types of models may differ in which layers are usual though they share a family
     */
    default LayerNames layerNames(ModelConfig config) {
        return LayerNames.NONE;
    }

    /**
     * Builds the network, loads its weights, and makes its encoder and task.
     *
     * @param request checkpoint, head, settings and where to compute
     * @return the parts of the model, owned by the caller
     * @throws dev.finetune.error.FinetuneException if the configuration asks for something unsupported, or if the checkpoint
     *     doesn't fit it
     */
    Assembly<?> assemble(AssemblyRequest request);
}
