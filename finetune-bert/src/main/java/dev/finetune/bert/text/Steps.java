package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.Optional;
import java.util.stream.Stream;

/** Parts of a tokenizer.json, as the tokenizers library writes them. */
final class Steps {
    private Steps() {}

    static JsonObject step(String type) {
        final JsonObject step = new JsonObject();
        step.addProperty("type", type);
        return step;
    }

    static JsonObject sequence(String key, JsonArray steps) {
        final JsonObject sequence = step("Sequence");
        sequence.add(key, steps);
        return sequence;
    }

    /** One after the other; the first may be missing. */
    static JsonObject preTokenizers(Optional<JsonObject> first, JsonObject last) {
        final JsonArray steps = new JsonArray();
        first.ifPresent(steps::add);
        steps.add(last);
        return sequence("pretokenizers", steps);
    }

    /** Blanks become "▁", which some texts get before their beginning. */
    static JsonObject metaspace(String prepended, boolean split) {
        final JsonObject step = step("Metaspace");
        step.addProperty("replacement", "▁");
        step.addProperty("prepend_scheme", prepended);
        step.addProperty("split", split);
        return step;
    }

    static JsonObject bytes(boolean prefix, boolean split) {
        final JsonObject step = step("ByteLevel");
        step.addProperty("add_prefix_space", prefix);
        step.addProperty("trim_offsets", true);
        step.addProperty("use_regex", split);
        return step;
    }

    /** Replaces a "String" or a "Regex". */
    static JsonObject replace(String kind, String what, String by) {
        final JsonObject step = step("Replace");
        step.add("pattern", pattern(kind, what));
        step.addProperty("content", by);
        return step;
    }

    /** Splits at a "String" or a "Regex". */
    static JsonObject split(String kind, String what, String behavior) {
        final JsonObject step = step("Split");
        step.add("pattern", pattern(kind, what));
        step.addProperty("behavior", behavior);
        step.addProperty("invert", false);
        return step;
    }

    private static JsonObject pattern(String kind, String what) {
        final JsonObject pattern = new JsonObject();
        pattern.addProperty(kind, what);
        return pattern;
    }

    /** SentencePiece's table of characters, if a normalizer has one. */
    static Optional<JsonObject> charsmap(JsonElement normalizer) {
        final Stream<JsonElement> steps = TokenizerDefinition.isA(normalizer, "Sequence")
                ? normalizer.getAsJsonObject().getAsJsonArray("normalizers").asList().stream()
                : Stream.ofNullable(normalizer);
        return steps.filter(step -> TokenizerDefinition.isA(step, "Precompiled"))
                .map(JsonElement::getAsJsonObject)
                .filter(step -> step.has("precompiled_charsmap"))
                .findFirst();
    }

    /** A special token of a template. */
    static JsonObject special(String name, int id) {
        final JsonObject token = new JsonObject();
        token.addProperty("id", name);
        token.add("ids", array(id));
        final JsonArray names = new JsonArray();
        names.add(name);
        token.add("tokens", names);
        return token;
    }

    private static JsonArray array(int id) {
        final JsonArray ids = new JsonArray();
        ids.add(id);
        return ids;
    }

    /** What stands around a text and a pair, as the library writes it in short: "$A" and "$B" are texts, ":1" is a type. */
    static JsonObject template(String single, String pair, JsonObject... around) {
        final JsonObject template = step("TemplateProcessing");
        template.add("single", pieces(single));
        template.add("pair", pieces(pair));
        final JsonObject tokens = new JsonObject();
        for (JsonObject token : around) {
            tokens.add(token.get("id").getAsString(), token);
        }
        template.add("special_tokens", tokens);
        return template;
    }

    private static JsonArray pieces(String all) {
        final JsonArray pieces = new JsonArray();
        for (String each : all.split(" ", -1)) {
            final String name = each.endsWith(":1") ? each.substring(0, each.length() - 2) : each;
            final JsonObject inner = new JsonObject();
            inner.addProperty("id", name.startsWith("$") ? name.substring(1) : name);
            inner.addProperty("type_id", each.endsWith(":1") ? 1 : 0);
            final JsonObject piece = new JsonObject();
            piece.add(name.startsWith("$") ? "Sequence" : "SpecialToken", inner);
            pieces.add(piece);
        }
        return pieces;
    }
}
