package dev.finetune.internal.run;

import com.google.gson.JsonObject;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.spi.ImageModelFamily;
import dev.finetune.spi.LanguageModelFamily;
import dev.finetune.spi.ModelConfig;
import dev.finetune.spi.ModelFamily;
import dev.finetune.spi.TextModelFamily;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The model families on the class path. */
public final class Families {
    private static final String WHERE_FROM = " Families of texts come with the artifact finetune-bert, of pictures with"
            + " finetune-vision, of language models that write with finetune-lm: add the one that is missing to your"
            + " dependencies. If it is there, look into your fat jar: of the files in META-INF/services, "
            + TextModelFamily.class.getName() + " names those of texts, " + ImageModelFamily.class.getName()
            + " those of pictures, " + LanguageModelFamily.class.getName() + " language models, and "
            + ModelFamily.class.getName()
            + " your own; merge the files of equal names (Maven's Shade plugin: ServicesResourceTransformer; Gradle's"
            + " Shadow plugin: mergeServiceFiles()).";

    private Families() {}

    /** The family that can build what a configuration describes. */
    static ModelFamily of(ModelConfig config) {
        return all().stream()
                .filter(family -> family.recognises(config))
                .findFirst()
                .orElseThrow(() -> new FinetuneException(config.file() + " describes a model_type \""
                        + config.string("model_type", "(none)") + "\", architectures "
                        + config.strings("architectures")
                        + ", which no family on the class path or the module path supports. "
                        + supported()));
    }

    /** What the first family that knows them tells of weights without config.json; empty where none does. */
    static Optional<JsonObject> describe(Weights weights) {
        return all().stream()
                .flatMap(family -> family.describe(weights).stream())
                .findFirst();
    }

    /** Which families there are, or that there are none, and where others come from. */
    static String supported() {
        final List<ModelFamily> all = all();
        final String there = all.isEmpty()
                ? "There is no family at all."
                : "Supported: "
                        + all.stream()
                                .map(family -> family.name() + " (" + String.join(", ", family.modelTypes()) + ")")
                                .collect(Collectors.joining(", "))
                        + ".";
        return there + WHERE_FROM;
    }

    /** What they are called. */
    public static List<String> names() {
        return all().stream().map(ModelFamily::name).toList();
    }

    private static List<ModelFamily> all() {
        final ClassLoader loader = Families.class.getClassLoader();
        return Stream.of(
                        ServiceLoader.load(TextModelFamily.class, loader).stream(),
                        ServiceLoader.load(ImageModelFamily.class, loader).stream(),
                        ServiceLoader.load(LanguageModelFamily.class, loader).stream(),
                        ServiceLoader.load(ModelFamily.class, loader).stream())
                .flatMap(providers -> providers)
                .<ModelFamily>map(ServiceLoader.Provider::get)
                .toList();
    }
}
