package dev.finetune.internal;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads a file of JSON whole, within bounds: so many bytes, so many values (an empty list takes 2 bytes of a file and some
 * 50 of memory), and 255 levels. It is read as Python's json does and more loosely: NaN passes, and of a key that is there
 * twice the last counts.
 */
public final class JsonFile {
    /** The most that a configuration or a record has, in bytes. */
    public static final long MOST_BYTES = 16L << 20;

    /** The most values that one has, with those inside of others: the names of a million outputs, both ways, and more. */
    public static final int MOST_VALUES = 2_500_000;

    private JsonFile() {}

    /**
     * Reads a file.
     *
     * @throws FinetuneException naming the file: if it is no file, larger than {@link #MOST_BYTES}, or no JSON
     * @throws IOException if it isn't there or can't be read
     */
    public static JsonElement read(Path file) throws IOException {
        return read(file, MOST_BYTES, MOST_VALUES);
    }

    /** The same with other bounds. */
    public static JsonElement read(Path file, long mostBytes, int mostValues) throws IOException {
        PlainFile.refuseOthers(file);
        final long bytes = Files.size(file);
        if (bytes > mostBytes) {
            throw new FinetuneException(
                    file + " has " + bytes + " bytes; expected " + mostBytes + " at most: is it what its name says?");
        }
        StandIn.refuse(file);
        try {
            return parse(Files.readString(file), file.toString(), mostValues);
        } catch (CharacterCodingException e) {
            throw new FinetuneException(file + " is not valid JSON: it has bytes that aren't UTF-8.", e);
        }
    }

    /**
     * Reads a file that holds an object.
     *
     * @throws FinetuneException as {@link #read(Path)}, or if it holds something else
     * @throws IOException if it isn't there or can't be read
     */
    public static JsonObject object(Path file) throws IOException {
        return object(read(file), file.toString());
    }

    /** Takes a value for an object; the name is what an error calls the file. */
    public static JsonObject object(JsonElement element, String name) {
        if (element instanceof JsonObject object) {
            return object;
        }
        throw new FinetuneException(name + " is not a JSON object.");
    }

    /** Parses what was read already; the name is what an error calls the file. */
    public static JsonElement parse(String text, String name, int mostValues) {
        try (Counted json = new Counted(text, mostValues)) {
            final JsonElement element = JsonParser.parseReader(json);
            if (json.peek() != JsonToken.END_DOCUMENT) {
                throw new FinetuneException(name + " is not valid JSON: something follows its one value.");
            }
            return element;
        } catch (IOException | JsonParseException | IllegalStateException | NumberFormatException e) {
            throw new FinetuneException(name + " is not valid JSON: " + reason(e) + ".", e);
        }
    }

    /** What the parser complains of, without its class names, links and long paths. */
    private static String reason(Exception e) {
        final Throwable cause = e.getCause() instanceof IOException inner ? inner : e;
        final String message =
                String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
        final int path = message.indexOf(" path ");
        return path < 0 ? message : message.substring(0, path);
    }

    /** Stops where there are too many values. */
    private static final class Counted extends JsonReader {
        private final int most;
        private int values;

        Counted(String text, int most) {
            super(new StringReader(text));
            this.most = most;
            setStrictness(Strictness.LENIENT);
        }

        private void count() throws IOException {
            if (++values > most) {
                throw new MalformedJsonException("it has more than " + most + " values");
            }
        }

        @Override
        public void beginArray() throws IOException {
            count();
            super.beginArray();
        }

        @Override
        public void beginObject() throws IOException {
            count();
            super.beginObject();
        }

        @Override
        public String nextString() throws IOException {
            count();
            return super.nextString();
        }

        @Override
        public boolean nextBoolean() throws IOException {
            count();
            return super.nextBoolean();
        }

        @Override
        public void nextNull() throws IOException {
            count();
            super.nextNull();
        }
    }
}
