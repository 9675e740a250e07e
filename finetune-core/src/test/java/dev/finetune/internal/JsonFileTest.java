package dev.finetune.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonFileTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"[", "{\"a\":", "{\"a\":[", "[[],"})
    void whatNestsWithoutEndIsRefused(String opened) throws IOException {
        final Path file = file(opened.repeat(100_000).getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(() -> JsonFile.read(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("a.json is not valid JSON: Nesting limit 255");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "{}", "0", "\"\"", "true", "null"})
    void moreValuesThanAnyFileNeedsAreRefused(String value) throws IOException {
        final byte[] bytes = ("[" + (value + ",").repeat(999) + value + "]").getBytes(StandardCharsets.UTF_8);

        assertThat(JsonFile.read(file(bytes), 1 << 20, 1001).getAsJsonArray()).hasSize(1000);
        assertThatThrownBy(() -> JsonFile.read(file(bytes), 1 << 20, 1000))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("a.json is not valid JSON: it has more than 1000 values");
    }

    @Test
    void aFileOfGigabytesIsRefusedUnread() throws IOException {
        final Path file = folder.resolve("a.json");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(3L << 30);
        }

        assertThatThrownBy(() -> JsonFile.read(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("a.json has 3221225472 bytes; expected 16777216 at most");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":\"\u00ff\"}", "{", "{\"a\":1}2", "\u00fe", "[\"", "{\"a\":tru", "<html>", "[1,2"})
    void whatIsNoJsonIsRefusedByTheFilesName(String latin1) throws IOException {
        final Path file = file(latin1.getBytes(StandardCharsets.ISO_8859_1));

        assertThatThrownBy(() -> JsonFile.object(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("a.json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"a\"", "[]", "null", "7"})
    void whatIsNoObjectIsRefusedByTheFilesName(String text) throws IOException {
        final Path file = file(text.getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(() -> JsonFile.object(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("a.json is not a JSON object");
    }

    /** As Python's json module reads it. */
    @Test
    void notANumberIsReadAndOfAKeyThatIsThereTwiceTheLastCounts() throws IOException {
        final JsonObject read = JsonFile.object(file("{\"a\":NaN,\"b\":1,\"b\":2}".getBytes(StandardCharsets.UTF_8)));

        assertThat(read.get("a").getAsDouble()).isNaN();
        assertThat(read.get("b").getAsInt()).isEqualTo(2);
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("a.json"), bytes);
    }
}
