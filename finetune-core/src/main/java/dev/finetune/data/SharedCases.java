package dev.finetune.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Cases that each of several processes has found in its part of the data, put together. */
final class SharedCases {
    private SharedCases() {}

    /** The place of a row in a process's part, such as "process 1's train 17". */
    static DataReport.Place place(int process, String part, int row) {
        return new DataReport.Place("process " + process + "'s " + part, row);
    }

    /** What one process says. */
    static JsonObject json(Cases cases) {
        final JsonArray kept = new JsonArray();
        for (DataReport.Case one : cases.kept().stream().limit(DataSurvey.KEPT).toList()) {
            final JsonArray rows = new JsonArray();
            one.rows().forEach(place -> {
                rows.add(place.part());
                rows.add(place.row());
            });
            final JsonObject each = new JsonObject();
            each.add("rows", rows);
            each.addProperty("quote", one.quote());
            each.addProperty("why", one.why());
            kept.add(each);
        }
        final JsonObject json = new JsonObject();
        json.addProperty("count", cases.count());
        json.add("kept", kept);
        return json;
    }

    /** What all have said, in the order of the processes. */
    static Cases joined(List<JsonObject> said, int most) {
        Cases all = new Cases(most);
        for (int process = 0; process < said.size(); process++) {
            final List<DataReport.Case> kept = new ArrayList<>();
            for (JsonElement one : said.get(process).getAsJsonArray("kept")) {
                kept.add(read(process, one.getAsJsonObject()));
            }
            all = all.and(Cases.of(said.get(process).get("count").getAsLong(), kept, most));
        }
        return all;
    }

    private static DataReport.Case read(int process, JsonObject one) {
        final JsonArray said = one.getAsJsonArray("rows");
        final List<DataReport.Place> rows = new ArrayList<>();
        for (int i = 0; i < said.size(); i += 2) {
            rows.add(place(process, said.get(i).getAsString(), said.get(i + 1).getAsInt()));
        }
        final String why = one.get("why").getAsString();
        return new DataReport.Case(
                rows, one.get("quote").getAsString(), why.isEmpty() ? "" : why + " of process " + process);
    }
}
