package dev.finetune.bert.text.definition;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.HashMap;
import java.util.Map;

/** Checks what lays special tokens around texts: that all that a template names is there, and nothing twice. */
final class PostProcessorCheck {
    private static final int MOST_STEPS = 64;
    private static final int MOST_PIECES = 256;
    private static final int MOST_TOKENS = 4096;

    private final int largestId;
    private int steps;
    private boolean template;

    PostProcessorCheck(int largestId) {
        this.largestId = largestId;
    }

    /** The post-processor with what was checked alone. */
    JsonObject checked(Step step) {
        if (++steps > MOST_STEPS) {
            throw Step.refusal(step.source(), "post_processor", "has more than " + MOST_STEPS + " steps");
        }
        String type = step.type();
        return switch (type) {
            case "RobertaProcessing" -> {
                token(step, "sep");
                token(step, "cls");
                yield step.flags("trim_offsets", "add_prefix_space")
                        .only(type, "sep", "cls", "trim_offsets", "add_prefix_space");
            }
            case "BertProcessing" -> {
                token(step, "sep");
                token(step, "cls");
                yield step.only(type, "sep", "cls");
            }
            case "ByteLevel" ->
                step.flags("add_prefix_space", "trim_offsets", "use_regex")
                        .only(type, "add_prefix_space", "trim_offsets", "use_regex");
            case "TemplateProcessing" -> template(step);
            case "Sequence" -> sequence(step);
            default -> throw step.unknown("post-processor");
        };
    }

    private JsonObject sequence(Step step) {
        JsonArray kept = new JsonArray();
        step.steps("processors", MOST_STEPS).forEach(inner -> kept.add(checked(inner)));
        JsonObject sequence = step.only("Sequence");
        sequence.add("processors", kept);
        return sequence;
    }

    /** {@code [token, id]}. */
    private void token(Step step, String key) {
        JsonArray pair = step.array(key, 2);
        if (pair.size() != 2 || !(pair.get(0) instanceof JsonPrimitive text && text.isString())) {
            throw step.refusal(key, "expected a token and its id");
        }
        id(step, key, pair.get(1));
    }

    private void id(Step step, String key, JsonElement id) {
        if (Step.whole(step.source(), step.place() + "." + key, id) > largestId) {
            throw Step.refusal(
                    step.source(),
                    step.place() + "." + key,
                    "names the id " + id + ", and the vocabulary's largest is " + largestId);
        }
    }

    private JsonObject template(Step step) {
        if (template) {
            throw Step.refusal(step.source(), step.place(), "is the second template, and a tokenizer has one at most");
        }
        template = true;
        Map<String, Integer> special = specialTokens(step);
        pieces(step, "single", special, false);
        pieces(step, "pair", special, true);
        return step.only("TemplateProcessing", "single", "pair", "special_tokens");
    }

    /** How many tokens each of them stands for. */
    private Map<String, Integer> specialTokens(Step step) {
        Step tokens = Step.of(step.source(), step.place() + ".special_tokens", step.get("special_tokens"));
        Map<String, Integer> lengths = new HashMap<>();
        for (String name : tokens.json().keySet()) {
            Step token = Step.of(tokens.source(), tokens.place() + "." + name, tokens.get(name));
            token.longText("id");
            JsonArray ids = token.array("ids", MOST_TOKENS);
            JsonArray texts = token.array("tokens", MOST_TOKENS);
            if (ids.size() != texts.size()) {
                throw token.refusal("ids", "there are " + texts.size() + " tokens for them");
            }
            ids.forEach(id -> id(token, "ids", id));
            lengths.put(name, ids.size());
        }
        return lengths;
    }

    private static void pieces(Step step, String key, Map<String, Integer> special, boolean pair) {
        int first = 0;
        int second = 0;
        long tokens = 0;
        for (Step piece : step.steps(key, MOST_PIECES)) {
            if (piece.json().size() != 1) {
                throw Step.refusal(piece.source(), piece.place(), "should be one Sequence or one SpecialToken");
            }
            String kind = piece.json().keySet().iterator().next();
            Step said = Step.of(piece.source(), piece.place() + "." + kind, piece.get(kind));
            String id = said.longText("id");
            said.whole("type_id");
            if (kind.equals("Sequence")) {
                first += id.equals("A") ? 1 : 0;
                second += id.equals("B") ? 1 : 0;
            } else if (!special.containsKey(id)) {
                throw said.refusal("id", "special_tokens has no such token");
            } else {
                tokens += special.get(id);
            }
        }
        if (first != 1 || second != (pair ? 1 : 0) || tokens > MOST_TOKENS) {
            throw Step.refusal(
                    step.source(),
                    step.place() + "." + key,
                    "has the first text " + first + " times, the second " + second + " times and " + tokens
                            + " special tokens; expected " + (pair ? "each text once" : "the first text once"));
        }
    }
}
