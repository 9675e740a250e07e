package dev.finetune.hub;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import dev.finetune.error.FinetuneException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

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
     * Reads the answer of {@code GET /api/models/{id}/revision/{revision}?blobs=true}, without making a tree of it: what
     * isn't asked for takes no memory.
     *
     * @param json the answer's bytes
     * @param source where it comes from, for messages
     * @throws FinetuneException if it isn't such an answer, names a file outside of the repository, one twice, or too many
     */
    static Listing parse(byte[] json, String source, HubLimits limits) {
        try (JsonReader reader = new JsonReader(
                new InputStreamReader(new ByteArrayInputStream(json), StandardCharsets.UTF_8.newDecoder()))) {
            return new Reading(reader, source, limits).listing();
        } catch (CharacterCodingException e) {
            throw unlike(source, json, "bytes that aren't UTF-8", e);
        } catch (IOException | IllegalStateException e) {
            String reason = e instanceof MalformedJsonException || e instanceof IllegalStateException
                    ? String.valueOf(e.getMessage()).lines().findFirst().orElse("")
                    : "it breaks off";
            throw unlike(source, json, SafeName.printable(reason), e);
        }
    }

    private static FinetuneException unlike(String source, byte[] json, String what, Exception e) {
        String beginning = new String(json, 0, Math.min(80, json.length), StandardCharsets.UTF_8);
        return new FinetuneException(
                source + " doesn't answer as a model hub does: expected JSON with 'sha' and 'siblings', found '"
                        + SafeName.printable(beginning) + "' (" + what
                        + "). Check HF_ENDPOINT, and whether a proxy or a login page stands in between.",
                e);
    }

    /** The answer on its way; what is missing or of another kind than JSON's is an IllegalStateException. */
    private record Reading(JsonReader reader, String source, HubLimits limits) {

        Listing listing() throws IOException {
            String commit = null;
            Map<String, Entry> files = null;
            reader.beginObject();
            while (reader.hasNext()) {
                switch (reader.nextName()) {
                    case "sha" -> commit = string("sha");
                    case "siblings" -> files = files();
                    default -> reader.skipValue();
                }
            }
            reader.endObject();
            if (commit == null || files == null) {
                throw new IllegalStateException(commit == null ? "no 'sha'" : "no 'siblings'");
            }
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new IllegalStateException("something follows the JSON");
            }
            if (!SafeName.isSingle(commit)) {
                throw new FinetuneException("The commit '" + SafeName.printable(commit) + "' that " + source
                        + " names isn't one; expected 40 hexadecimal digits.");
            }
            return new Listing(commit, files);
        }

        private Map<String, Entry> files() throws IOException {
            Map<String, Entry> files = new LinkedHashMap<>();
            reader.beginArray();
            while (reader.hasNext()) {
                addFile(files);
                if (files.size() > limits.files()) {
                    throw new FinetuneException(source + " lists more than " + limits.files()
                            + " files; that is the limit (HubLimits.files).");
                }
            }
            reader.endArray();
            return files;
        }

        private void addFile(Map<String, Entry> files) throws IOException {
            String name = null;
            String size = null;
            String blob = null;
            Stored lfs = null;
            reader.beginObject();
            while (reader.hasNext()) {
                switch (reader.nextName()) {
                    case "rfilename" -> name = SafeName.requireInside(string("rfilename"), "the answer of " + source);
                    case "size" -> size = number("size");
                    case "blobId" -> blob = optional("blobId");
                    case "lfs" -> lfs = lfs();
                    default -> reader.skipValue();
                }
            }
            reader.endObject();
            if (name == null) {
                throw new IllegalStateException("a file without 'rfilename'");
            }
            Entry entry = lfs != null
                    ? new Entry(
                            bytes(lfs.size, name),
                            Optional.ofNullable(lfs.sha256).flatMap(Digest::sha256))
                    : new Entry(bytes(size, name), Optional.ofNullable(blob).flatMap(Digest::gitBlob));
            if (files.put(name, entry) != null) {
                throw new FinetuneException(
                        source + " lists the file '" + SafeName.printable(name) + "' twice; expected each file once.");
            }
        }

        private record Stored(
                @Nullable String sha256, @Nullable String size) {}

        private @Nullable Stored lfs() throws IOException {
            if (reader.peek() != JsonToken.BEGIN_OBJECT) {
                reader.skipValue();
                return null;
            }
            String sha256 = null;
            String size = null;
            reader.beginObject();
            while (reader.hasNext()) {
                switch (reader.nextName()) {
                    case "sha256" -> sha256 = optional("sha256");
                    case "size" -> size = number("size");
                    default -> reader.skipValue();
                }
            }
            reader.endObject();
            return new Stored(sha256, size);
        }

        private String string(String key) throws IOException {
            if (reader.peek() != JsonToken.STRING) {
                throw new IllegalStateException("'" + key + "' isn't a text");
            }
            return reader.nextString();
        }

        private @Nullable String optional(String key) throws IOException {
            if (reader.peek() == JsonToken.NULL) {
                reader.nextNull();
                return null;
            }
            return string(key);
        }

        private @Nullable String number(String key) throws IOException {
            if (reader.peek() == JsonToken.NULL) {
                reader.nextNull();
                return null;
            }
            if (reader.peek() != JsonToken.NUMBER && reader.peek() != JsonToken.STRING) {
                throw new IllegalStateException("'" + key + "' isn't a number");
            }
            return reader.nextString();
        }

        private OptionalLong bytes(@Nullable String size, String name) {
            if (size == null) {
                return OptionalLong.empty();
            }
            if (!size.matches("\\d{1,15}")) {
                throw new FinetuneException(source + " announces the file '" + SafeName.printable(name)
                        + "' with the size " + SafeName.printable(size)
                        + "; expected a whole number of bytes below 10^15.");
            }
            return OptionalLong.of(Long.parseLong(size));
        }
    }
}
