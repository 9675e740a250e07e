package dev.finetune.lm;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonFile;
import dev.finetune.internal.PlainFile;
import dev.finetune.lm.template.Template;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The chat templates of a model directory, and the special tokens that they are told.
 *
 * @param templates by name; "default" is the one that is alone
 * @param tokens such as bos_token
 * @param unread a template for conversations with tools in a folder that models aren't saved with, and which isn't read
 */
record TemplateFiles(Map<String, Template> templates, Map<String, Object> tokens, Optional<Path> unread) {
    static final String DEFAULT = "default";
    static final String FOR_TOOLS = "tool_use";

    private static final String FILE = "chat_template.jinja";
    private static final String CONFIG = "tokenizer_config.json";

    /** Where Transformers writes further templates, NAME.jinja each. */
    private static final String MORE = "additional_chat_templates";

    private static final String KEY = "chat_template";
    private static final long MOST_BYTES = 4L << 20;
    private static final long MOST_CONFIG_BYTES = 256L << 20;
    private static final int MOST_VALUES = 10_000_000;
    private static final List<String> TOKENS =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    static TemplateFiles of(Path directory) {
        try {
            JsonObject special = object(directory.resolve("special_tokens_map.json"));
            JsonObject config = object(directory.resolve(CONFIG));
            Map<String, Object> tokens = new LinkedHashMap<>();
            TOKENS.forEach(name -> tokenOf(config.get(name), name, tokens));
            config.entrySet().stream()
                    .filter(TemplateFiles::isOwnToken)
                    .forEach(token -> tokenOf(token.getValue(), token.getKey(), tokens));
            if (!config.has("added_tokens_decoder")) { // As Transformers reads them; else the older file says nothing.
                TOKENS.forEach(name -> tokenOf(special.get(name), name, tokens));
            }
            Map<String, Template> templates = new LinkedHashMap<>();
            Path file = directory.resolve(FILE);
            refuseOtherDefault(directory.resolve(MORE), file);
            if (PlainFile.exists(file)) {
                if (Files.size(file) > MOST_BYTES) {
                    throw new FinetuneException(file + " has " + Files.size(file) + " bytes, expected at most "
                            + MOST_BYTES + " of a template.");
                }
                templates.put(DEFAULT, Template.of(file.toString(), Files.readString(file)));
            } else {
                inConfig(config.get(KEY), directory.resolve(CONFIG), templates);
            }
            if (templates.isEmpty()) {
                throw new FinetuneException(directory + " has no chat template: neither a " + FILE + " nor a \"" + KEY
                        + "\" in " + CONFIG
                        + ". Is it a base model, which was not trained to chat? Write the template in a "
                        + FILE + ", or give it with ChatTemplate.of(text).");
            }
            Path forTools = directory.resolve(MORE).resolve(FOR_TOOLS + ".jinja");
            return new TemplateFiles(templates, tokens, Optional.of(forTools).filter(PlainFile::exists));
        } catch (IOException e) {
            throw new FinetuneException("The chat template in " + directory + " can't be read: " + e, e);
        }
    }

    /** A token of the model's own, which some templates are written with. */
    private static boolean isOwnToken(Map.Entry<String, JsonElement> setting) {
        return setting.getKey().endsWith("_token")
                && !TOKENS.contains(setting.getKey())
                && setting.getValue() instanceof JsonPrimitive text
                && text.isString();
    }

    /** Beside further templates Transformers takes none of tokenizer_config.json, and one of them may be the usual one. */
    private static void refuseOtherDefault(Path more, Path file) throws IOException {
        Path usual = more.resolve(DEFAULT + ".jinja");
        if (PlainFile.exists(usual)) {
            throw new FinetuneException("The model's usual chat template is " + usual
                    + ", which isn't read: move it to " + file + ", in place of what may be there.");
        }
        if (!PlainFile.exists(file) && Files.isDirectory(more)) {
            try (Stream<Path> files = Files.list(more)) {
                if (files.anyMatch(each -> each.toString().endsWith(".jinja"))) {
                    throw new FinetuneException(more + " holds chat templates, and there is no " + FILE
                            + " beside it: Transformers knows no usual template then, whatever " + CONFIG
                            + " has. Write the one that is meant in " + file + ", or remove the folder.");
                }
            }
        }
    }

    private static JsonObject object(Path file) throws IOException {
        return PlainFile.exists(file)
                ? JsonFile.object(JsonFile.read(file, MOST_CONFIG_BYTES, MOST_VALUES), file.toString())
                : new JsonObject();
    }

    private static void tokenOf(@Nullable JsonElement value, String name, Map<String, Object> tokens) {
        JsonElement content = value instanceof JsonObject token ? token.get("content") : value;
        if (content != null && content.isJsonPrimitive()) {
            tokens.put(name, content.getAsString());
        }
    }

    private static void inConfig(@Nullable JsonElement value, Path config, Map<String, Template> templates) {
        if (value == null || value.isJsonNull()) {
            return;
        }
        if (value instanceof JsonPrimitive text && text.isString()) {
            templates.put(DEFAULT, Template.of("The chat_template in " + config, text.getAsString()));
            return;
        }
        if (value.isJsonArray()) {
            for (JsonElement one : value.getAsJsonArray()) {
                if (!(one instanceof JsonObject named) || !named.has("name") || !named.has("template")) {
                    throw unlike(config);
                }
                String name = named.get("name").getAsString();
                String title = "The chat_template \"" + name + "\" in " + config;
                templates.put(name, Template.of(title, named.get("template").getAsString()));
            }
            return;
        }
        throw unlike(config);
    }

    private static FinetuneException unlike(Path config) {
        return new FinetuneException("\"" + KEY + "\" in " + config
                + " is neither a string nor a list of {\"name\": ..., \"template\": ...}. Copy it again from the model's"
                + " source.");
    }
}
