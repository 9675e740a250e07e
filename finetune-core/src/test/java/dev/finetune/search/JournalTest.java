package dev.finetune.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a killed search left is read back, whole trials only. */
class JournalTest {
    @TempDir
    private Path folder;

    private static final Trial TRIAL = new Trial(
            3,
            Map.of("lr", "1.000e-04"),
            List.of(0.123456789012345),
            Trial.State.STOPPED,
            0.1 + 0.2,
            Map.of(1, 0.25),
            Map.of("loss", 0.5, "auroc", Double.NaN),
            1.5,
            "");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"metrics\":{\"loss\":0.5,\"more\":{}}",
                "\"metrics\":{\"loss\":[]}",
                "\"rungs\":{\"x\":1}",
                "\"places\":[{}]",
                "\"state\":\"WON\"",
                "\"settings\":3",
                "\"reason\":{}",
            })
    void aLineOfOtherKindsOfValuesIsNamed(String odd, @TempDir Path folder) throws IOException {
        final Path file = folder.resolve("search.jsonl");
        Journal.open(file, search(1)).add(TRIAL);
        final List<String> lines = Files.readAllLines(file);
        final String key = odd.substring(0, odd.indexOf(':') + 1);
        final String changed = "{" + odd + "," + lines.get(1).substring(1).replace(key, "\"before\":");
        Files.write(file, List.of(lines.get(0), changed));
        assertThatThrownBy(() -> Journal.open(file, search(1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(file + ", line 2");
    }

    private static JsonObject search(long seed) {
        final JsonObject json = new JsonObject();
        json.addProperty("seed", seed);
        return json;
    }

    @Test
    void trialsComeBackBitForBitAndHalfALineIsDropped() throws IOException {
        final Path file = folder.resolve("search.jsonl");
        Journal.open(file, search(1)).add(TRIAL);
        final Trial diverged = new Trial(
                4, Map.of(), List.of(0.5), Trial.State.DIVERGED, Double.NaN, Map.of(), Map.of(), 2, "the loss is NaN");
        Journal.open(file, search(1)).add(diverged);
        final String whole = Files.readString(file);
        for (int cut = whole.indexOf('\n') + 1; cut < whole.length(); cut += 7) {
            Files.writeString(file, whole.substring(0, cut), StandardOpenOption.TRUNCATE_EXISTING);
            final List<Trial> read = Journal.open(file, search(1)).trials();
            assertThat(read).isEqualTo(List.of(TRIAL, diverged).subList(0, read.size()));
            assertThat(Files.readString(file)).endsWith("\n");
        }
        Files.writeString(file, whole);
        assertThat(Journal.open(file, search(1)).trials()).containsExactly(TRIAL, diverged);
        Files.writeString(file, "{\"se");
        assertThat(Journal.open(file, search(1)).trials()).isEmpty();
        assertThat(Files.readString(file)).isEqualTo("{\"seed\":1}\n");
    }

    @Test
    void aFileOfSomethingElseIsRefusedAndLeftAsItIs() throws IOException {
        final Path file = folder.resolve("mine.json");
        for (String mine : List.of("{\"my\":\"results\"}", "{\"my\":1}\n{\"my\":2}\n", "notes\n", "{\n}\n", "[1]\n")) {
            Files.writeString(file, mine);
            assertThatThrownBy(() -> Journal.open(file, search(1)))
                    .as(mine)
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("mine.json", "isn't a record of a search");
            assertThat(Files.readString(file)).isEqualTo(mine);
        }
    }

    @Test
    void anotherSearchAndABrokenLineAreNamed() throws IOException {
        final Path file = folder.resolve("search.jsonl");
        Journal.open(file, search(1)).add(TRIAL);
        assertThatThrownBy(() -> Journal.open(file, search(2)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("search.jsonl", "\"seed\" was 1, and is 2 now");
        for (String broken : List.of("nonsense\n", "{}\n", "[]\n", "{\"trial\":1}\n", "\n")) {
            Files.writeString(file, "{\"seed\":1}\n" + broken);
            assertThatThrownBy(() -> Journal.open(file, search(1)))
                    .as(broken)
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("search.jsonl", "line 2");
        }
    }
}
