package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonNumbers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that are found in a text before it is split: those of tokenizer.json and of the settings beside it (added
 * tokens, named special tokens, additional and extra ones), with the ids that Transformers 5 gives them. A token of the
 * vocabulary keeps its id; others get new ones behind the vocabulary, in the order in which they are found here.
 */
final class AddedTokens {
    private static final List<String> FLAGS = List.of("single_word", "lstrip", "rstrip", "normalized", "special");
    private static final String SUFFIX = "_token";
    private static final String EXTRA = "extra_special_tokens";
    private static final String ADDITIONAL = "additional_special_tokens"; // What Transformers called them before 5.
    private static final String LISTED = "added_tokens_decoder";

    /** What marks a token that tokenizer_config.json gives as an object; Transformers finds no special token in it there. */
    private static final String MARK = "__type";

    /** In the order in which Transformers adds them. */
    private static final List<String> NAMED =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    private final TokenizerFiles files;
    private final Map<String, JsonObject> byContent = new LinkedHashMap<>();

    private AddedTokens(TokenizerFiles files) {
        this.files = files;
    }

    /**
     * Puts all of them into a definition in place of those that it lists.
     *
     * @param definition in the format of tokenizer.json, with its model; changed
     * @param followsSettings whether the settings' list of added tokens comes before the definition's
     * @param usual the special tokens by their key ("cls_token") where they are known already; else the settings name them
     */
    static void complete(
            JsonObject definition, TokenizerFiles files, boolean followsSettings, Map<String, JsonObject> usual) {
        AddedTokens tokens = new AddedTokens(files);
        List<JsonElement> own = list(definition, "added_tokens");
        if (!followsSettings) {
            own.forEach(tokens::add);
        }
        tokens.listed(own).forEach(tokens::add);
        own.forEach(token -> tokens.byContent.putIfAbsent(content(token), entry(token, false)));
        // Of what is named or extra the last one counts, unless it is in a list.
        Set<String> listed = Set.copyOf(tokens.byContent.keySet());
        Stream.concat(tokens.named(usual).values().stream(), tokens.extra(true).stream())
                .filter(token -> !listed.contains(content(token)))
                .forEach(token -> tokens.byContent.put(content(token), entry(token, true)));
        definition.add("added_tokens", tokens.numbered(definition.getAsJsonObject("model")));
    }

    /** The id of a token of a definition whose added tokens are complete: special ones are among them, and these are few. */
    static OptionalInt idOf(JsonObject definition, String token) {
        final OptionalInt added = list(definition, "added_tokens").stream()
                .map(JsonElement::getAsJsonObject)
                .filter(entry -> content(entry).equals(token))
                .mapToInt(entry -> entry.get("id").getAsInt())
                .findFirst();
        return added.isPresent()
                ? added
                : Vocabulary.of(definition, TokenizerFiles.TOKENIZER).idOf(token);
    }

    /** Whether tokenizer_config.json lists all added tokens: then the two older files say nothing. */
    static boolean areListedIn(JsonObject config) {
        return config.get(LISTED) instanceof JsonObject;
    }

    private void add(JsonElement token) {
        byContent.put(content(token), entry(token, false));
    }

    /** What the settings list, by id: tokenizer_config.json, or else added_tokens.json and the definition itself. */
    private Collection<JsonElement> listed(List<JsonElement> own) {
        Map<Integer, JsonElement> byId = new TreeMap<>();
        if (files.json(TokenizerFiles.CONFIG).get(LISTED) instanceof JsonObject listed) {
            listed.entrySet().forEach(entry -> byId.put(Integer.parseInt(entry.getKey()), entry.getValue()));
            return byId.values();
        }
        Set<String> special = special();
        files.json(TokenizerFiles.ADDED)
                .entrySet()
                .forEach(token -> byId.put(
                        id(token.getKey(), token.getValue()),
                        entry(new JsonPrimitive(token.getKey()), special.contains(token.getKey()))));
        own.stream()
                .filter(token -> token.getAsJsonObject().has("id"))
                .forEach(token ->
                        byId.put(id(content(token), token.getAsJsonObject().get("id")), token));
        return byId.values();
    }

    /** Which tokens of added_tokens.json are special: what Transformers has read so far of the other files. */
    private Set<String> special() {
        Map<String, JsonElement> named = named(Map.of());
        named.keySet().retainAll(NAMED);
        return Stream.concat(named.values().stream(), extra(false).stream())
                .filter(token -> !(token instanceof JsonObject object && object.has(MARK)))
                .map(AddedTokens::content)
                .collect(Collectors.toSet());
    }

    /** The special tokens that have a name, by their key. */
    private Map<String, JsonElement> named(Map<String, JsonObject> usual) {
        Map<String, JsonElement> named = new LinkedHashMap<>();
        for (String key : NAMED) {
            if (usual.containsKey(key)) {
                named.put(key, usual.get(key));
            } else {
                put(named, key);
            }
        }
        Set<String> keys = new LinkedHashSet<>();
        files.settings().forEach(settings -> keys.addAll(settings.keySet()));
        keys.stream().filter(key -> key.endsWith(SUFFIX)).forEach(key -> put(named, key));
        for (JsonObject settings : files.settings()) {
            if (settings.get(EXTRA) instanceof JsonObject byName) {
                byName.entrySet().forEach(entry -> named.putIfAbsent(entry.getKey(), entry.getValue()));
            }
        }
        return named;
    }

    private void put(Map<String, JsonElement> named, String key) {
        files.settings().stream()
                .filter(settings -> SpecialTokens.nameIn(settings, key).isPresent())
                .findFirst()
                .ifPresent(settings -> named.putIfAbsent(key, settings.get(key)));
    }

    /**
     * Those without a name of their own.
     *
     * @param withOldest whether to read what special_tokens_map.json says under the old key, which counts last
     */
    private List<JsonElement> extra(boolean withOldest) {
        JsonObject config = files.json(TokenizerFiles.CONFIG);
        List<JsonElement> extra = new ArrayList<>(list(config, EXTRA));
        boolean said = config.get(EXTRA) instanceof JsonArray;
        if (extra.isEmpty() && !isFilled(config.get(EXTRA))) {
            extra.addAll(list(config, ADDITIONAL));
            said |= config.has(ADDITIONAL);
        }
        if (areListedIn(config)) {
            return extra;
        }
        JsonObject older = files.json(TokenizerFiles.SPECIAL);
        if (older.get(EXTRA) instanceof JsonObject) {
            extra.clear(); // There they have names instead.
            said = false;
        } else if (older.get(EXTRA) instanceof JsonArray) {
            extra.addAll(list(older, EXTRA));
            said = true;
        }
        if (!said && withOldest) {
            extra.addAll(list(older, ADDITIONAL));
        }
        return extra;
    }

    private static boolean isFilled(@Nullable JsonElement names) {
        return names instanceof JsonObject byName && !byName.isEmpty();
    }

    private static List<JsonElement> list(JsonObject settings, String key) {
        return settings.get(key) instanceof JsonArray array ? array.asList() : List.of();
    }

    /** With the ids that the tokenizers library gives them when it is told of one after the other. */
    private JsonArray numbered(JsonObject model) {
        JsonElement vocabulary = model.get("vocab");
        Map<String, Integer> known = known(vocabulary);
        Map<Integer, JsonObject> byId = new TreeMap<>();
        int next = vocabulary instanceof JsonObject byToken
                ? byToken.size()
                : vocabulary instanceof JsonArray scored ? scored.size() : 0;
        for (Map.Entry<String, JsonObject> token : byContent.entrySet()) {
            int id = known.getOrDefault(token.getKey(), next);
            next = Math.max(next, id + 1);
            JsonObject entry = new JsonObject();
            entry.addProperty("id", id);
            token.getValue().entrySet().forEach(flag -> entry.add(flag.getKey(), flag.getValue()));
            byId.putIfAbsent(id, entry);
        }
        JsonArray tokens = new JsonArray();
        byId.values().forEach(tokens::add);
        return tokens;
    }

    /** The ids of those that the vocabulary has. */
    private Map<String, Integer> known(JsonElement vocabulary) {
        Map<String, Integer> ids = new LinkedHashMap<>();
        if (vocabulary instanceof JsonObject byToken) {
            byContent.keySet().stream()
                    .filter(byToken::has)
                    .forEach(token -> ids.put(token, id(token, byToken.get(token))));
        } else if (vocabulary instanceof JsonArray scored) {
            for (int id = 0; id < scored.size(); id++) {
                String token = scored.get(id).getAsJsonArray().get(0).getAsString();
                if (byContent.containsKey(token)) {
                    ids.put(token, id);
                }
            }
        }
        return ids;
    }

    private int id(String token, JsonElement number) {
        return JsonNumbers.whole(number)
                .orElseThrow(() -> new FinetuneException("The tokenizer's files in " + files.directory()
                        + " give the token \"" + token + "\" the id " + number + ", expected a whole number."));
    }

    private static String content(JsonElement token) {
        return token instanceof JsonObject object ? object.get("content").getAsString() : token.getAsString();
    }

    /**
     * A token with all its flags. What isn't said is off; but a token that isn't special is looked for in the normalized
     * text (the tokenizers library's AddedToken).
     *
     * @param token its content, or an object with some flags
     * @param special whether it is where it doesn't say so itself
     */
    static JsonObject entry(JsonElement token, boolean special) {
        JsonObject entry = new JsonObject();
        entry.addProperty("content", content(token));
        FLAGS.forEach(flag -> entry.addProperty(flag, false));
        entry.addProperty("special", special);
        if (token instanceof JsonObject said) {
            FLAGS.stream().filter(said::has).forEach(flag -> entry.add(flag, said.get(flag)));
        }
        if (!(token instanceof JsonObject said && said.has("normalized"))) {
            entry.addProperty("normalized", !entry.get("special").getAsBoolean());
        }
        return entry;
    }
}
