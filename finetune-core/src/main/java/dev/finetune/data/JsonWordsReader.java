package dev.finetune.data;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One pass over sentences in JSON Lines. */
final class JsonWordsReader implements ExampleReader<Words> {
    private final JsonRows rows;
    private final String tokensKey;
    private final List<String> tagsKeys;
    private final boolean tagged;

    JsonWordsReader(LineReader lines, String tokensKey, List<String> tagsKeys, boolean tagged) {
        this.rows = new JsonRows(lines);
        this.tokensKey = tokensKey;
        this.tagsKeys = tagsKeys;
        this.tagged = tagged;
    }

    @Override
    public @Nullable Example<Words> next() throws IOException, BadRow {
        JsonRow row = rows.next();
        if (row == null) {
            return null;
        }
        List<String> tokens = row.strings(tokensKey);
        if (tokens.isEmpty()) {
            throw new BadRow(row.line(), "\"" + tokensKey + "\" is an empty array, expected words");
        }
        if (!tagged) {
            return new Example<>(new Words(tokens), Label.none());
        }
        String tagsKey = row.firstKey(tagsKeys);
        List<String> tags = row.strings(tagsKey);
        if (tags.size() != tokens.size()) {
            throw new BadRow(
                    row.line(),
                    tokens.size() + " words in \"" + tokensKey + "\" and " + tags.size() + " tags in \"" + tagsKey
                            + "\", expected one tag a word");
        }
        return new Example<>(new Words(tokens), new Label.Tags(tags));
    }

    @Override
    public void close() throws IOException {
        rows.close();
    }
}
