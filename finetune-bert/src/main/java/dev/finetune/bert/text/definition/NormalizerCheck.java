package dev.finetune.bert.text.definition;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

/** Checks normalizers, and that together they can't make a text grow without measure. */
final class NormalizerCheck {
    private static final int MOST_STEPS = 256;
    private static final long MOST_GROWTH = 4096;

    private final RegexBudget regexes;
    private int steps;
    private int byteLevels;
    private long growth = 1;

    NormalizerCheck(RegexBudget regexes) {
        this.regexes = regexes;
    }

    /** The normalizer with what was checked alone. */
    JsonObject checked(Step step) {
        if (++steps > MOST_STEPS) {
            throw Step.refusal(step.source(), "normalizer", "has more than " + MOST_STEPS + " steps");
        }
        String type = step.type();
        return switch (type) {
            case "BertNormalizer", "Bert" ->
                step.flags("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
                        .only(type, "clean_text", "handle_chinese_chars", "strip_accents", "lowercase");
            case "Strip" -> step.flags("strip_left", "strip_right").only(type, "strip_left", "strip_right");
            case "StripAccents", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Nmt" -> step.only(type);
            case "Sequence" -> sequence(step);
            case "Precompiled" -> precompiled(step);
            case "Replace" -> replace(step);
            case "Prepend" -> {
                if (step.text("prepend").isEmpty()) {
                    throw step.refusal("prepend", "nothing would be put before the text");
                }
                yield step.only(type, "prepend");
            }
            case "ByteLevel" -> {
                if (++byteLevels > 1) {
                    throw Step.refusal(step.source(), step.place(), "is the second ByteLevel step, and one is enough");
                }
                yield step.only(type);
            }
            default -> throw step.unknown("normalizer");
        };
    }

    private JsonObject sequence(Step step) {
        JsonArray kept = new JsonArray();
        step.steps("normalizers", MOST_STEPS).forEach(inner -> kept.add(checked(inner)));
        JsonObject sequence = step.only("Sequence");
        sequence.add("normalizers", kept);
        return sequence;
    }

    private JsonObject precompiled(Step step) {
        JsonObject only = step.only("Precompiled");
        Charsmap map = Charsmap.read(step);
        grow(step, map.longest());
        only.addProperty("precompiled_charsmap", map.base64());
        return only;
    }

    private JsonObject replace(Step step) {
        String content = step.text("content");
        regexes.take(step, !content.isEmpty());
        grow(step, content.length());
        return step.only("Replace", "pattern", "content");
    }

    private void grow(Step step, int longest) {
        growth *= Math.max(1, longest);
        if (growth > MOST_GROWTH) {
            throw Step.refusal(
                    step.source(),
                    step.place(),
                    "and the steps before it may make a text more than " + MOST_GROWTH + " times as long");
        }
    }
}
