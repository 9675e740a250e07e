package dev.finetune.lm;

import dev.finetune.lm.template.JsonValues;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A function that the assistant wants called, in the layout of Hugging Face and OpenAI.
 *
 * @param name the function's name
 * @param arguments by name: null, truth values, numbers, strings, lists, and maps of strings to such
 */
public record ToolCall(String name, Map<String, @Nullable Object> arguments) {
    /** Checks that there is a name, and keeps its own copy. */
    public ToolCall {
        Objects.requireNonNull(name, "name");
        arguments = JsonValues.copyOf(arguments, "arguments");
    }

    /** As templates are told of it: {@code {"type": "function", "function": {"name": ..., "arguments": {...}}}}. */
    Map<String, @Nullable Object> asMap() {
        Map<String, @Nullable Object> function = new LinkedHashMap<>();
        function.put("name", name);
        function.put("arguments", arguments);
        Map<String, @Nullable Object> call = new LinkedHashMap<>();
        call.put("type", "function");
        call.put("function", function);
        return call;
    }
}
