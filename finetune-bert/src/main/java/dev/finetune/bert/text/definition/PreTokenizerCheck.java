package dev.finetune.bert.text.definition;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

/** Checks pre-tokenizers. */
final class PreTokenizerCheck {
    private static final int MOST_STEPS = 256;

    private final RegexBudget regexes;
    private int steps;
    private int byteLevels;

    PreTokenizerCheck(RegexBudget regexes) {
        this.regexes = regexes;
    }

    /** The pre-tokenizer with what was checked alone. */
    JsonObject checked(Step step) {
        if (++steps > MOST_STEPS) {
            throw Step.refusal(step.source(), "pre_tokenizer", "has more than " + MOST_STEPS + " steps");
        }
        String type = step.type();
        return switch (type) {
            case "BertPreTokenizer", "Whitespace", "WhitespaceSplit", "UnicodeScripts" -> step.only(type);
            case "ByteLevel" -> byteLevel(step);
            case "Delimiter", "CharDelimiterSplit" -> {
                character(step, "delimiter");
                yield step.only(type, "delimiter");
            }
            case "Metaspace" -> metaspace(step);
            case "Sequence" -> sequence(step);
            case "Split" -> split(step);
            case "Punctuation" -> {
                behavior(step);
                yield step.only(type, "behavior");
            }
            case "Digits" -> step.flags("individual_digits").only(type, "individual_digits");
            case "FixedLength" -> {
                if (step.isSaid("length") && step.whole("length") == 0) {
                    throw step.refusal("length", "pieces have at least 1 character");
                }
                yield step.only(type, "length");
            }
            default -> throw step.unknown("pre-tokenizer");
        };
    }

    private JsonObject byteLevel(Step step) {
        if (++byteLevels > 1) {
            throw Step.refusal(step.source(), step.place(), "is the second ByteLevel step, and one is enough");
        }
        return step.flags("add_prefix_space", "trim_offsets", "use_regex")
                .only("ByteLevel", "add_prefix_space", "trim_offsets", "use_regex");
    }

    private static JsonObject metaspace(Step step) {
        character(step, "replacement");
        if (step.isSaid("prepend_scheme")) {
            step.text("prepend_scheme");
        }
        return step.flags("add_prefix_space", "split")
                .only("Metaspace", "replacement", "add_prefix_space", "prepend_scheme", "split");
    }

    private JsonObject sequence(Step step) {
        JsonArray kept = new JsonArray();
        step.steps("pretokenizers", MOST_STEPS).forEach(inner -> kept.add(checked(inner)));
        JsonObject sequence = step.only("Sequence");
        sequence.add("pretokenizers", kept);
        return sequence;
    }

    private JsonObject split(Step step) {
        regexes.take(step, false);
        behavior(step);
        return step.flags("invert").only("Split", "pattern", "behavior", "invert");
    }

    private static void behavior(Step step) {
        if (step.isSaid("behavior")) {
            step.text("behavior");
        }
    }

    private static void character(Step step, String key) {
        String text = step.text(key);
        if (text.codePointCount(0, text.length()) != 1) {
            throw step.refusal(key, "expected one character");
        }
    }
}
