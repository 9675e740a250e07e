package dev.finetune.hub;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.FinetuneException;
import dev.finetune.internal.JsonFile;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the hub says about a repository at a revision: the commit, and its files by name.
 *
 * @param commit the commit's name, safe as a directory name
 * @param files the files in the hub's order
 */
record Listing(String commit, Map<String, Entry> files) {

    /**
     * A file as the listing announces it; hubs that don't announce details leave them empty.
     *
     * @param size in bytes
     * @param digest of the contents: SHA-256 for large files, git's SHA-1 for the others
     */
    record Entry(OptionalLong size, Optional<Digest> digest) {}

    /**
     * Reads the answer of {@code GET /api/models/{id}/revision/{revision}?blobs=true}.
     *
     * @throws FinetuneException if it isn't such an answer, or names a file outside of the repository
     */
    static Listing parse(String json, String source) {
        try {
            JsonObject answer = object(json, source);
            String commit = answer.get("sha").getAsString();
            if (!SafeName.isSingle(commit)) {
                throw new FinetuneException("The commit '" + SafeName.printable(commit) + "' that " + source
                        + " names isn't one; expected 40 hexadecimal digits.");
            }
            Map<String, Entry> files = new LinkedHashMap<>();
            for (JsonElement element : answer.getAsJsonArray("siblings")) {
                JsonObject file = element.getAsJsonObject();
                String name = SafeName.require(file.get("rfilename").getAsString(), "the answer of " + source);
                files.put(name, entry(file));
            }
            return new Listing(commit, files);
        } catch (RuntimeException e) {
            if (e instanceof FinetuneException ours) {
                throw ours;
            }
            throw noHub(json, source, e);
        }
    }

    private static JsonObject object(String json, String source) {
        try {
            return JsonFile.object(JsonFile.parse(json, source, JsonFile.MOST_VALUES), source);
        } catch (FinetuneException e) {
            throw noHub(json, source, e);
        }
    }

    private static FinetuneException noHub(String json, String source, RuntimeException e) {
        return new FinetuneException(
                source + " doesn't answer as a model hub does: expected JSON with 'sha' and 'siblings', found '"
                        + SafeName.printable(json.substring(0, Math.min(80, json.length())))
                        + "'. Check HF_ENDPOINT, and whether a proxy or a login page stands in between.",
                e);
    }

    private static Entry entry(JsonObject file) {
        JsonObject lfs = file.get("lfs") instanceof JsonObject found ? found : null;
        if (lfs != null) {
            return new Entry(size(lfs), text(lfs, "sha256").flatMap(Digest::sha256));
        }
        return new Entry(size(file), text(file, "blobId").flatMap(Digest::gitBlob));
    }

    private static OptionalLong size(JsonObject object) {
        JsonElement size = object.get("size");
        return size == null || size.isJsonNull() ? OptionalLong.empty() : OptionalLong.of(size.getAsLong());
    }

    private static Optional<String> text(JsonObject object, String key) {
        JsonElement text = object.get(key);
        return text == null || text.isJsonNull() ? Optional.empty() : Optional.of(text.getAsString());
    }
}
