package dev.finetune.data;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads JSON Lines: one object a line, blank lines left out. */
final class JsonRows implements Row.Reader {
    private final LineReader lines;

    JsonRows(LineReader lines) {
        this.lines = lines;
    }

    @Override
    public @Nullable JsonRow next() throws IOException, BadRow {
        LineReader.Line line = lines.next();
        while (line != null && line.text().isBlank()) {
            line = lines.next();
        }
        if (line == null) {
            return null;
        }
        JsonElement element = StrictJson.line(line);
        if (!(element instanceof JsonObject object)) {
            throw new BadRow(
                    line.number(), StrictJson.kind(element) + " where an object is expected: one {...} on each line");
        }
        return new JsonRow(line.number(), object);
    }

    @Override
    public boolean skip() throws IOException {
        return lines.skip(LineReader.NO_CHARACTER);
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
