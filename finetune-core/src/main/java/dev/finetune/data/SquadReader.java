package dev.finetune.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import dev.finetune.error.FinetuneException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One pass over the questions of a SQuAD file, an article at a time. */
final class SquadReader implements ExampleReader<Question> {
    private final Path path;
    private final JsonReader json;
    private final boolean answered;
    private final Deque<Entry> entries = new ArrayDeque<>();
    private int articles;
    private boolean started;

    /** A question and its passage as they stand in the file, unchecked. */
    private record Entry(String where, @Nullable JsonElement context, JsonElement question) {}

    private SquadReader(Path path, JsonReader json, boolean answered) {
        this.path = path;
        this.json = json;
        this.answered = answered;
    }

    static SquadReader open(Path path, ReadOptions options, boolean answered) throws IOException {
        TextSource source = TextSource.open(path, options.charset());
        // A decoder that isn't told otherwise reports malformed bytes.
        JsonReader json = new JsonReader(
                new InputStreamReader(source.stream(), source.charset().newDecoder()));
        json.setStrictness(Strictness.STRICT);
        return new SquadReader(path, json, answered);
    }

    @Override
    public @Nullable Example<Question> next() throws IOException, BadRow {
        while (entries.isEmpty()) {
            if (!readArticle()) {
                return null;
            }
        }
        return example(entries.remove());
    }

    private boolean readArticle() throws IOException {
        try {
            if (!started) {
                goToData();
                started = true;
            }
            if (!json.hasNext()) {
                return false;
            }
            String where = "data[" + articles++ + "]";
            JsonElement article = JsonParser.parseReader(json);
            JsonArray paragraphs = array(article, "paragraphs", where);
            for (int p = 0; p < paragraphs.size(); p++) {
                addQuestions(paragraphs.get(p), where + ".paragraphs[" + p + "]");
            }
            return true;
        } catch (MalformedJsonException | JsonParseException | IllegalStateException | EOFException e) {
            if (e.getCause() instanceof CharacterCodingException) {
                throw malformed(e);
            }
            throw new FinetuneException(
                    path + " is not the JSON of SQuAD: " + e.getMessage() + " (" + json.getPath() + ").", e);
        } catch (CharacterCodingException e) {
            throw malformed(e);
        }
    }

    private FinetuneException malformed(Exception e) {
        return new FinetuneException(
                path + " has bytes that are not in its encoding near " + json.getPath() + ". Save it as UTF-8.", e);
    }

    private void goToData() throws IOException {
        if (json.peek() == JsonToken.BEGIN_OBJECT) {
            json.beginObject();
            while (json.hasNext()) {
                if (json.nextName().equals("data")) {
                    json.beginArray();
                    return;
                }
                json.skipValue();
            }
        }
        throw new FinetuneException(path + " has no \"data\": expected the layout of SQuAD 1.1,"
                + " {\"data\": [{\"paragraphs\": [{\"context\": ..., \"qas\": [...]}]}]}.");
    }

    private void addQuestions(JsonElement paragraph, String where) {
        JsonArray questions = array(paragraph, "qas", where);
        for (int q = 0; q < questions.size(); q++) {
            JsonElement context = paragraph.getAsJsonObject().get("context");
            entries.add(new Entry(where + ".qas[" + q + "]", context, questions.get(q)));
        }
    }

    private JsonArray array(JsonElement parent, String key, String where) {
        JsonElement value = parent instanceof JsonObject object ? object.get(key) : null;
        if (value instanceof JsonArray array) {
            return array;
        }
        throw new FinetuneException(
                path + ", " + where + ": there is no array \"" + key + "\", expected the layout of" + " SQuAD 1.1.");
    }

    private Example<Question> example(Entry entry) throws BadRow {
        if (!(entry.question() instanceof JsonObject question)) {
            throw new BadRow(entry.where(), StrictJson.kind(entry.question()) + " where a question is expected");
        }
        String id =
                question.get("id") instanceof JsonPrimitive primitive ? " (id " + primitive.getAsString() + ")" : "";
        String where = entry.where() + id;
        String context = string(entry.context(), "context", where);
        Question input = new Question(string(question.get("question"), "question", where), context);
        return new Example<>(input, answered ? answers(question, context, where) : Label.none());
    }

    private static Label answers(JsonObject question, String context, String where) throws BadRow {
        List<Label.Answer> answers = new ArrayList<>();
        if (question.get("answers") instanceof JsonArray array) {
            for (JsonElement answer : array) {
                answers.add(answer(answer, context, where));
            }
        }
        if (answers.isEmpty()) {
            throw new BadRow(where, "the question has no answer; in SQuAD 1.1 each has one or more");
        }
        return new Label.Answers(answers);
    }

    private static Label.Answer answer(JsonElement element, String context, String where) throws BadRow {
        if (!(element instanceof JsonObject answer)) {
            throw new BadRow(where, StrictJson.kind(element) + " where an answer is expected");
        }
        String text = string(answer.get("text"), "text", where);
        int start = utf16(answer.get("answer_start"), context, where);
        if (!context.startsWith(text, start)) {
            int end = Math.min(context.length(), start + text.length());
            throw new BadRow(
                    where,
                    "at answer_start " + answer.get("answer_start") + " (in code points) the context has \""
                            + context.substring(start, end) + "\", expected the answer \"" + text + "\"");
        }
        return new Label.Answer(text, start);
    }

    /** Turns an offset in code points into one in UTF-16 units. */
    private static int utf16(@Nullable JsonElement start, String context, String where) throws BadRow {
        if (start instanceof JsonPrimitive number && number.isNumber()) {
            double offset = number.getAsDouble();
            int length = context.codePointCount(0, context.length());
            if (offset >= 0 && offset <= length && offset == Math.rint(offset)) {
                return context.offsetByCodePoints(0, (int) offset);
            }
            throw new BadRow(where, "answer_start is " + number + ", but the context has " + length + " code points");
        }
        throw new BadRow(where, "answer_start is " + start + ", expected a number");
    }

    private static String string(@Nullable JsonElement value, String key, String where) throws BadRow {
        if (value == null || !StrictJson.isString(value)) {
            throw new BadRow(
                    where,
                    value == null
                            ? "there is no \"" + key + "\""
                            : "\"" + key + "\" holds " + StrictJson.kind(value) + ", expected a string");
        }
        if (value.getAsString().isBlank()) {
            throw new BadRow(where, "\"" + key + "\" is empty");
        }
        return value.getAsString();
    }

    @Override
    public void close() throws IOException {
        json.close();
    }
}
