package dev.finetune.search;

import com.google.gson.JsonObject;
import dev.finetune.fuzz.FuzzInput;
import dev.finetune.fuzz.FuzzedReader;
import dev.finetune.fuzz.FuzzedReaders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** The reader of a search's record. */
public final class SearchReaders implements FuzzedReaders {
    @Override
    public List<FuzzedReader> readers() {
        final Trial trial = new Trial(
                0,
                Map.of("lr", "1e-4"),
                List.of(0.5),
                Trial.State.STOPPED,
                0.5,
                Map.of(1, 0.25),
                Map.of("loss", 0.5),
                1.5,
                "memory ran out");
        final String record = search() + "\n" + trial.toJson() + "\n";
        return List.of(new FuzzedReader(
                "journal", "search.jsonl", List.of(record.getBytes(StandardCharsets.UTF_8)), SearchReaders::read));
    }

    private static JsonObject search() {
        final JsonObject json = new JsonObject();
        json.addProperty("seed", 1);
        return json;
    }

    private static void read(FuzzInput input) throws IOException {
        for (Trial trial : Journal.open(input.file(), search()).trials()) {
            trial.toJson();
        }
    }
}
