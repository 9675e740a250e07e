package dev.finetune.examples;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.error.FinetuneException;
import dev.finetune.vision.Image;
import java.nio.file.Path;
import java.util.List;

/** Inputs of every kind as one writes them in an argument or on a line, and back. */
final class Inputs {
    private Inputs() {}

    /**
     * A text, or two with a tab between; words with spaces between; a question and its passage with a tab between; the path
     * of a picture.
     *
     * @param type what the model reads
     * @param passage of a question that comes without one; empty for none
     */
    static Object parse(String line, Class<?> type, String passage) {
        final int tab = line.indexOf('\t');
        if (type == Text.class) {
            return tab < 0 ? Text.of(line) : Text.pair(line.substring(0, tab), line.substring(tab + 1));
        }
        if (type == Words.class) {
            return new Words(List.of(line.strip().split("\\s+")));
        }
        if (type == Question.class) {
            if (tab < 0 && passage.isEmpty()) {
                throw new FinetuneException("The question \"" + line + "\" has no passage to find the answer in: give"
                        + " --passage, or a tab and the passage after the question.");
            }
            return tab < 0
                    ? new Question(line, passage)
                    : new Question(line.substring(0, tab), line.substring(tab + 1));
        }
        if (type == Image.class) {
            return Image.of(Path.of(line));
        }
        throw new FinetuneException(
                type == Object.class
                        ? "A language model is asked with the command generate, which writes what follows a text."
                        : "Models that read " + type.getSimpleName() + " can't be asked from here.");
    }

    /** The members of a line of JSON that say what the input was. */
    static JsonObject json(Object input) {
        final JsonObject json = new JsonObject();
        if (input instanceof Text text) {
            json.addProperty("text", text.text());
            if (text.pair() != null) {
                json.addProperty("pair", text.pair());
            }
        } else if (input instanceof Words words) {
            final JsonArray array = new JsonArray();
            words.words().forEach(array::add);
            json.add("words", array);
        } else if (input instanceof Question question) {
            json.addProperty("question", question.question());
        } else {
            json.addProperty("image", input.toString());
        }
        return json;
    }

    /** The same as cells of a line of TSV. */
    static String tsv(Object input) {
        if (input instanceof Text text) {
            return PredictionText.cell(text.text())
                    + (text.pair() == null ? "" : "\t" + PredictionText.cell(text.pair()));
        }
        if (input instanceof Words words) {
            return PredictionText.cell(String.join(" ", words.words()));
        }
        return PredictionText.cell(input instanceof Question question ? question.question() : input.toString());
    }
}
