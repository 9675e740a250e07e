package dev.finetune.bert.text;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * The ids of the tokens that stand for no text; empty where a tokenizer has no such token.
 *
 * @param cls opens a text ({@code [CLS]}, {@code <s>})
 * @param sep closes it and separates a pair ({@code [SEP]}, {@code </s>})
 * @param pad fills a batch's shorter rows ({@code [PAD]}, {@code <pad>})
 * @param unk stands for what the vocabulary lacks ({@code [UNK]}, {@code <unk>})
 * @param mask stands for a token to be guessed ({@code [MASK]}, {@code <mask>})
 * @param bos opens a text that is written ({@code <s>}), where settings name it
 * @param eos ends it ({@code </s>}, {@code <|endoftext|>}), where settings name it
 */
public record SpecialTokens(
        OptionalInt cls,
        OptionalInt sep,
        OptionalInt pad,
        OptionalInt unk,
        OptionalInt mask,
        OptionalInt bos,
        OptionalInt eos) {
    /** Looks them up by the names that the settings give, else by what the tokenizer does, else by their usual names. */
    static SpecialTokens find(List<JsonObject> settings, Vocabulary vocabulary, Template template) {
        return new SpecialTokens(
                or(template.opening(), named(settings, vocabulary, "cls_token", "[CLS]", "<s>")),
                or(template.closing(), named(settings, vocabulary, "sep_token", "[SEP]", "</s>")),
                named(settings, vocabulary, "pad_token", "[PAD]", "<pad>"),
                named(settings, vocabulary, "unk_token", "[UNK]", "<unk>"),
                named(settings, vocabulary, "mask_token", "[MASK]", "<mask>"),
                named(settings, vocabulary, "bos_token"),
                named(settings, vocabulary, "eos_token"));
    }

    private static OptionalInt or(int id, OptionalInt named) {
        return named.isPresent() || id < 0 ? named : OptionalInt.of(id);
    }

    private static OptionalInt named(List<JsonObject> settings, Vocabulary vocabulary, String key, String... usual) {
        for (JsonObject object : settings) {
            Optional<String> name = nameIn(object, key);
            if (name.isPresent()) {
                return vocabulary.idOf(name.get());
            }
        }
        return Arrays.stream(usual)
                .map(vocabulary::idOf)
                .filter(OptionalInt::isPresent)
                .findFirst()
                .orElse(OptionalInt.empty());
    }

    /** A token as settings name it: a string, or an object with its content. */
    static Optional<String> nameIn(JsonObject settings, String key) {
        JsonElement value = settings.get(key);
        if (value instanceof JsonObject object && object.get("content") instanceof JsonPrimitive content) {
            return Optional.of(content.getAsString());
        }
        return value instanceof JsonPrimitive name && name.isString()
                ? Optional.of(name.getAsString())
                : Optional.empty();
    }

    /** The ids that are never to be guessed: all but the unknown token, which stands for a word. */
    int[] neverMasked(Template template) {
        IntStream named = List.of(cls, sep, pad, mask).stream().flatMapToInt(OptionalInt::stream);
        return IntStream.concat(named, Arrays.stream(template.specialIds()))
                .distinct()
                .sorted()
                .toArray();
    }
}
