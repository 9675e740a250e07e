package dev.finetune.bert.text.definition;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;

/** Checks what makes a text of tokens. */
final class DecoderCheck {
    private static final int MOST_STEPS = 64;
    private static final int MOST_CUT = 1024;
    private static final int MOST_CONTENT = 64;

    private int steps;

    /** The decoder with what was checked alone. */
    JsonObject checked(Step step) {
        if (++steps > MOST_STEPS) {
            throw Step.refusal(step.source(), "decoder", "has more than " + MOST_STEPS + " steps");
        }
        final String type = step.type();
        return switch (type) {
            case "ByteLevel" ->
                step.flags("add_prefix_space", "trim_offsets", "use_regex")
                        .only(type, "add_prefix_space", "trim_offsets", "use_regex");
            case "ByteFallback", "Fuse" -> step.only(type);
            case "WordPiece" -> {
                content(step, "prefix");
                yield step.flags("cleanup").only(type, "prefix", "cleanup");
            }
            case "Metaspace" -> {
                content(step, "replacement");
                yield step.flags("add_prefix_space", "split")
                        .only(type, "replacement", "add_prefix_space", "prepend_scheme", "split");
            }
            case "BPEDecoder" -> {
                content(step, "suffix");
                yield step.only(type, "suffix");
            }
            case "Strip" -> {
                content(step, "content");
                cut(step, "start");
                cut(step, "stop");
                yield step.only(type, "content", "start", "stop");
            }
            case "Replace" -> replace(step);
            case "Sequence" -> sequence(step);
            default -> throw step.unknown("decoder");
        };
    }

    private static void content(Step step, String key) {
        if (step.text(key).length() > MOST_CONTENT) {
            throw step.refusal(key, "more than " + MOST_CONTENT + " characters");
        }
    }

    private static void cut(Step step, String key) {
        if (step.whole(key) > MOST_CUT) {
            throw step.refusal(key, MOST_CUT + " characters at most are cut");
        }
    }

    /** Of a string, not of a regular expression, which no decoder of a model that we know has. */
    private static JsonObject replace(Step step) {
        content(step, "content");
        if (!(step.get("pattern") instanceof JsonObject pattern)
                || !(pattern.get("String") instanceof JsonPrimitive string)
                || !string.isString()
                || string.getAsString().isEmpty()
                || pattern.size() != 1) {
            throw step.refusal("pattern", "a decoder replaces a string, {\"String\": \"...\"}");
        }
        return step.only("Replace", "pattern", "content");
    }

    private JsonObject sequence(Step step) {
        final JsonArray kept = new JsonArray();
        step.steps("decoders", MOST_STEPS).forEach(inner -> kept.add(checked(inner)));
        final JsonObject sequence = step.only("Sequence");
        sequence.add("decoders", kept);
        return sequence;
    }
}
