package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonNumbers;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** All tokens of a tokenizer by id, added ones included, and their ids by name. */
final class Vocabulary {
    /** An id is at most this times the number of tokens, or {@link #FREE}: what lies between takes memory. */
    private static final int SPARSEST = 16;

    private static final int FREE = 1_000_000;

    /** By id; null where no token has the id. */
    private final @Nullable String[] tokens;

    /** The ids in the order of their tokens: a map would cost ten times the memory, and look-ups by name are rare. */
    private final int[] sorted;

    private final int largestPlainId;

    private Vocabulary(@Nullable String[] tokens, Set<Integer> special) {
        this.tokens = tokens;
        this.largestPlainId = IntStream.range(0, tokens.length)
                .filter(id -> tokens[id] != null && !special.contains(id))
                .max()
                .orElse(-1);
        this.sorted = IntStream.range(0, tokens.length)
                .filter(id -> tokens[id] != null)
                .boxed()
                .sorted(Comparator.comparing(id -> tokens[id]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** Reads the vocabulary of a tokenizer.json. */
    static Vocabulary of(JsonObject tokenizer, String source) {
        @Nullable String[] tokens = new String[0];
        JsonElement vocab = tokenizer.getAsJsonObject("model").get("vocab");
        JsonArray added = tokenizer.get("added_tokens") instanceof JsonArray list ? list : new JsonArray();
        if (vocab instanceof JsonObject byToken) {
            tokens = new String[byToken.size()];
            for (Map.Entry<String, JsonElement> entry : byToken.entrySet()) {
                tokens = put(tokens, entry.getValue(), entry.getKey(), byToken.size() + added.size(), source);
            }
        } else if (vocab instanceof JsonArray scored) {
            tokens = new String[scored.size()];
            for (int id = 0; id < tokens.length; id++) {
                tokens[id] = scored.get(id).getAsJsonArray().get(0).getAsString();
            }
        }
        Set<Integer> special = new HashSet<>();
        for (JsonElement token : added) {
            JsonObject object = token.getAsJsonObject();
            int count = tokens.length + added.size();
            tokens = put(tokens, object.get("id"), object.get("content").getAsString(), count, source);
            if (object.get("special") instanceof JsonPrimitive said && said.getAsBoolean()) {
                special.add(object.get("id").getAsInt());
            }
        }
        if (tokens.length == 0) {
            throw new FinetuneException(source + " has no vocabulary: model.vocab must list its tokens.");
        }
        return new Vocabulary(tokens, special);
    }

    private static @Nullable String[] put(
            @Nullable String[] tokens, JsonElement number, String token, int count, String source) {
        int id = JsonNumbers.whole(number).orElse(-1);
        if (id < 0 || id >= Math.max(FREE, (long) count * SPARSEST)) {
            throw new FinetuneException(source + " gives the token \"" + token + "\" the id " + number
                    + "; ids are whole numbers from 0 on, here below " + Math.max(FREE, (long) count * SPARSEST) + ".");
        }
        @Nullable
        String[] grown = id < tokens.length
                ? tokens
                : Arrays.copyOf(tokens, Math.max(id + 1, tokens.length + tokens.length / 2));
        grown[id] = token;
        return grown;
    }

    /** How many tokens there are, added ones included (Transformers' {@code len(tokenizer)}). */
    int size() {
        return sorted.length;
    }

    int largestId() {
        return Arrays.stream(sorted).max().orElse(-1);
    }

    /** The largest id of a token that isn't special, and so may come out of any text. */
    int largestPlainId() {
        return largestPlainId;
    }

    Optional<String> token(int id) {
        return id < 0 || id >= tokens.length ? Optional.empty() : Optional.ofNullable(tokens[id]);
    }

    OptionalInt idOf(String token) {
        int low = 0;
        int high = sorted.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            String found = tokens[sorted[middle]];
            int order = found == null ? -1 : found.compareTo(token);
            if (order == 0) {
                return OptionalInt.of(sorted[middle]);
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return OptionalInt.empty();
    }
}
