package dev.finetune.internal.distributed;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.finetune.distributed.Processes;
import java.util.Optional;

/** How a process makes itself known to process 0, and how it is answered. */
final class Hello {
    /** Of what processes say to each other; another one's processes can't take part. */
    private static final String PROTOCOL = "finetune 4";

    private Hello() {}

    static String of(Processes self, Turn.Said turn) {
        final JsonObject json = new JsonObject();
        json.addProperty("protocol", PROTOCOL);
        json.addProperty("job", self.job());
        json.addProperty("rank", self.rank());
        json.addProperty("size", self.worldSize());
        json.addProperty("fit", turn.number());
        json.addProperty("instance", turn.instance());
        json.addProperty("met", turn.met());
        return json.toString();
    }

    /** Which process it is, where it is one. */
    static int rank(String said) {
        return JsonParser.parseString(said).getAsJsonObject().get("rank").getAsInt();
    }

    /** Which of its fits it has come to. */
    static Turn.Said turn(String said) {
        final JsonObject json = JsonParser.parseString(said).getAsJsonObject();
        return new Turn.Said(
                json.get("fit").getAsLong(),
                json.get("instance").getAsString(),
                json.get("met").getAsString());
    }

    /** Why a process can't take part. */
    static Optional<String> refusal(String said, Processes lead) {
        try {
            final JsonObject json = JsonParser.parseString(said).getAsJsonObject();
            final String protocol = json.get("protocol").getAsString();
            if (!protocol.equals(PROTOCOL)) {
                return Optional.of("it speaks \"" + protocol + "\", and process 0 \"" + PROTOCOL
                        + "\": use one version of this library in all processes");
            }
            if (!json.get("job").getAsString().equals(lead.job())) {
                return Optional.of("it belongs to the job \"" + json.get("job").getAsString()
                        + "\", and process 0 to \"" + lead.job() + "\": give each job a port of its own");
            }
            if (json.get("size").getAsInt() != lead.worldSize()) {
                return Optional.of("it was told that there are "
                        + json.get("size").getAsInt() + " processes, and process 0 that there are " + lead.worldSize());
            }
            turn(said);
            final int rank = json.get("rank").getAsInt();
            return rank < 1 || rank >= lead.worldSize()
                    ? Optional.of("it says that it is process " + rank + ", which "
                            + (rank == 0 ? "there is one of already" : "there isn't"))
                    : Optional.empty();
        } catch (JsonParseException
                | IllegalStateException
                | NullPointerException
                | NumberFormatException
                | UnsupportedOperationException e) {
            return Optional.of("it doesn't say who it is");
        }
    }
}
