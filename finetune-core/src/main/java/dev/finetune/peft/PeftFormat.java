package dev.finetune.peft;

import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads a method from PEFT's adapter_config.json. Those of LoRA and IA3 are known; others are found with {@link
 * ServiceLoader}: a module that brings one names it in {@code META-INF/services/dev.finetune.peft.PeftFormat}. {@link
 * PeftMethod#write} is its other half.
 */
public interface PeftFormat {
    /** {@return the value of {@code peft_type}: "LORA"} */
    String type();

    /**
     * {@return the keys that it reads, or that change nothing which a loaded adapter computes, beside those that belong to
     * every method: what is switched on by another key is refused}
     */
    Set<String> keys();

    /**
     * {@return the method that a configuration describes}
     *
     * @param config with its file, for messages
     * @throws FinetuneException if it says what can't be computed
     */
    PeftMethod read(AdapterConfig config);

    /**
     * {@return what a configuration describes, by the format of its {@code peft_type}}
     *
     * @param config with its file, for messages
     * @throws FinetuneException if no format is known for it, or if it says what can't be computed
     */
    static PeftMethod readAny(AdapterConfig config) {
        final String type = config.text("peft_type", "");
        final List<PeftFormat> all = all();
        final PeftFormat format = all.stream()
                .filter(known -> known.type().equals(type))
                .findFirst()
                .orElseThrow(() -> new FinetuneException(config.file() + ": the peft_type \"" + type
                        + "\" is not supported; "
                        + all.stream().map(PeftFormat::type).collect(Collectors.joining(" and ")) + " are."));
        config.refuseOthers(format.keys());
        try {
            return format.read(config);
        } catch (FinetuneException e) { // What a method can't be made of is the file's fault.
            throw e.getMessage().startsWith(config.file().toString())
                    ? e
                    : new FinetuneException(config.file() + ": " + e.getMessage(), e);
        }
    }

    private static List<PeftFormat> all() {
        return Stream.concat(
                        Stream.of(new LoraFormat(), new Ia3Format()),
                        ServiceLoader.load(PeftFormat.class, PeftFormat.class.getClassLoader()).stream()
                                .map(ServiceLoader.Provider::get))
                .toList();
    }
}
