package dev.finetune.lm;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.lm.template.JsonValues;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One row of a file of conversations; what is wrong with it is told without its place, which the reader adds. */
record ChatRow(JsonObject row) {
    static final String PROMPT = "prompt";
    static final String COMPLETION = "completion";

    private static final String MESSAGES = "messages";
    private static final String CONVERSATIONS = "conversations";
    private static final String CHOSEN = "chosen";
    private static final String REJECTED = "rejected";
    private static final String TOOLS = "tools";
    private static final String SYSTEM = "system";
    private static final String ROLE = "role";
    private static final String CONTENT = "content";

    /** What speakers are called in conversations of {from, value}. */
    private static final Map<String, String> SPEAKERS = Map.of(
            "human", "user",
            "user", "user",
            "gpt", "assistant",
            "chatgpt", "assistant",
            "assistant", "assistant",
            "system", "system",
            "tool", "tool",
            "observation", "tool",
            "function_response", "tool");

    /** The whole conversation, in whichever shape it is. */
    Chat chat() {
        if (has(MESSAGES)) {
            return with(messages(MESSAGES));
        }
        if (has(CONVERSATIONS)) {
            List<Message> messages = new ArrayList<>();
            if (has(SYSTEM)) {
                messages.add(Message.system(text(SYSTEM)));
            }
            messages.addAll(messages(CONVERSATIONS));
            return with(messages);
        }
        if (has(PROMPT) && has(COMPLETION)) {
            List<Message> messages = new ArrayList<>(said(PROMPT, "user"));
            messages.addAll(said(COMPLETION, "assistant"));
            return with(messages);
        }
        throw missing("\"messages\", \"conversations\", or \"prompt\" with \"completion\"");
    }

    /** What comes before the two answers of a preference. */
    List<Message> prompt() {
        if (has(PROMPT)) {
            return said(PROMPT, "user");
        }
        if (isText(CHOSEN) || isText(REJECTED)) {
            throw missing("\"prompt\", as \"chosen\" and \"rejected\" are texts,");
        }
        List<Message> chosen = messages(CHOSEN);
        List<Message> rejected = messages(REJECTED);
        int same = 0;
        while (same < Math.min(chosen.size(), rejected.size())
                && chosen.get(same).equals(rejected.get(same))) {
            same++;
        }
        return chosen.subList(0, same);
    }

    Preference preference(List<Message> prompt) {
        List<Message> chosen = answer(CHOSEN, prompt);
        List<Message> rejected = answer(REJECTED, prompt);
        if (chosen.equals(rejected)) {
            throw new FinetuneException("\"chosen\" and \"rejected\" are the same");
        }
        return new Preference(chosen, rejected);
    }

    TextPreference textPreference() {
        return new TextPreference(text(CHOSEN), text(REJECTED));
    }

    /** The messages of an answer, without the prompt that they may begin with. */
    private List<Message> answer(String key, List<Message> prompt) {
        List<Message> all = said(key, "assistant");
        boolean begins =
                all.size() >= prompt.size() && all.subList(0, prompt.size()).equals(prompt);
        List<Message> answer = begins ? all.subList(prompt.size(), all.size()) : all;
        if (answer.isEmpty()) {
            throw new FinetuneException("\"" + key + "\" says nothing after what both answers begin with");
        }
        return answer;
    }

    /** These messages with the row's tools. */
    Chat with(List<Message> messages) {
        return new Chat(messages, tools());
    }

    private boolean has(String key) {
        return row.has(key) && !row.get(key).isJsonNull();
    }

    private boolean isText(String key) {
        return row.get(key) instanceof JsonPrimitive value && value.isString();
    }

    String text(String key) {
        if (!has(key)) {
            throw missing("\"" + key + "\"");
        }
        if (!isText(key)) {
            throw unlike(
                    "\"" + key + "\"",
                    row.get(key),
                    row.get(key).isJsonArray()
                            ? "a string; read lists of messages with chats() or preferences()"
                            : "a string");
        }
        return row.get(key).getAsString();
    }

    /** A text that somebody says, or messages. */
    private List<Message> said(String key, String role) {
        return isText(key) ? List.of(Message.of(role, text(key))) : messages(key);
    }

    private List<Message> messages(String key) {
        if (!has(key)) {
            throw missing("\"" + key + "\"");
        }
        if (!row.get(key).isJsonArray()) {
            throw unlike("\"" + key + "\"", row.get(key), "a list of messages");
        }
        List<Message> messages = new ArrayList<>();
        for (JsonElement message : row.getAsJsonArray(key)) {
            messages.add(message(message, "\"" + key + "\"[" + messages.size() + "]"));
        }
        if (messages.isEmpty()) {
            throw new FinetuneException("\"" + key + "\" is empty, expected at least one message");
        }
        return messages;
    }

    private static Message message(JsonElement json, String name) {
        if (!(json instanceof JsonObject object)) {
            throw unlike(name, json, "an object with \"role\" and \"content\"");
        }
        if (!object.has(ROLE) && object.has("from")) {
            String speaker = string(object, "from", name);
            String role = SPEAKERS.get(speaker.toLowerCase(Locale.ROOT));
            if (role == null) {
                throw new FinetuneException(name + " is from \"" + speaker + "\", expected one of "
                        + String.join(", ", SPEAKERS.keySet().stream().sorted().toList()));
            }
            return Message.of(role, string(object, "value", name));
        }
        string(object, ROLE, name);
        boolean calls = object.has("tool_calls");
        JsonElement content = object.get(CONTENT);
        boolean none = content == null || content.isJsonNull();
        if (none ? !calls : !content.isJsonArray()) {
            string(object, CONTENT, name);
        }
        return new Message(map(object));
    }

    private static String string(JsonObject object, String key, String name) {
        JsonElement value = object.get(key);
        if (value == null) {
            throw new FinetuneException(
                    name + " lacks \"" + key + "\"; its keys are: " + String.join(", ", object.keySet()));
        }
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
            throw unlike(name + "." + key, value, "a string");
        }
        return value.getAsString();
    }

    private static Map<String, @Nullable Object> map(JsonObject object) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        object.entrySet().forEach(entry -> map.put(entry.getKey(), JsonValues.of(entry.getValue())));
        return map;
    }

    /** The functions that may be called, also where the list is written as a text. */
    private List<Map<String, @Nullable Object>> tools() {
        if (!has(TOOLS)) {
            return List.of();
        }
        JsonElement list = isText(TOOLS) ? parsed(row.get(TOOLS).getAsString()) : row.get(TOOLS);
        if (!list.isJsonArray()) {
            throw unlike("\"tools\"", list, "a list of functions");
        }
        List<Map<String, @Nullable Object>> tools = new ArrayList<>();
        for (JsonElement tool : list.getAsJsonArray()) {
            if (!(tool instanceof JsonObject function)) {
                throw unlike("\"tools\"[" + tools.size() + "]", tool, "an object that describes a function");
            }
            tools.add(map(function));
        }
        return tools;
    }

    private static JsonElement parsed(String json) {
        try {
            return JsonParser.parseString(json);
        } catch (JsonParseException e) {
            throw new FinetuneException("\"tools\" is a text that isn't JSON, expected a list of functions", e);
        }
    }

    private FinetuneException missing(String what) {
        return new FinetuneException(
                "there is no " + what + " in the row; its keys are: " + String.join(", ", row.keySet()));
    }

    private static FinetuneException unlike(String name, JsonElement found, String expected) {
        String text = found.toString();
        return new FinetuneException(name + " holds " + (text.length() <= 40 ? text : text.substring(0, 40) + "...")
                + ", expected " + expected);
    }
}
