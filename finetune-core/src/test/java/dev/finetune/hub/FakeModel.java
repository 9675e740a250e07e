package dev.finetune.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Test equipment: a model's repository in a {@link FakeHub}, filled by its methods. */
final class FakeModel {
    private final Map<String, Stored> files = new LinkedHashMap<>();
    private final Map<String, String> branches = new ConcurrentHashMap<>();
    private String commit;
    private Optional<String> token = Optional.empty();
    private boolean gated;

    FakeModel(String id) {
        this.commit = sha("SHA-1", id.getBytes(StandardCharsets.UTF_8));
        branches.put("main", commit);
    }

    /** Adds a file that git holds. */
    FakeModel small(String name, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        files.put(name, new Stored(bytes, gitBlob(bytes), false));
        return this;
    }

    /** Adds a file of the large file storage. */
    FakeModel large(String name, byte[] bytes) {
        files.put(name, new Stored(bytes, sha("SHA-256", bytes), true));
        return this;
    }

    /** Announces another entity tag than the contents have. */
    FakeModel tag(String name, String tag) {
        Stored file = files.get(name);
        files.put(name, new Stored(file.contents, tag, file.large));
        return this;
    }

    /** Names the present commit once more. */
    FakeModel branch(String name) {
        branches.put(name, commit);
        return this;
    }

    /** Moves the main branch to another commit, with the same files. */
    FakeModel commit(String next) {
        commit = next;
        branches.put("main", next);
        return this;
    }

    /** Lets in nobody without this token. */
    FakeModel secret(String required) {
        token = Optional.of(required);
        return this;
    }

    /** Refuses as the hub does where terms must be accepted. */
    FakeModel gated() {
        gated = true;
        return this;
    }

    String commit() {
        return commit;
    }

    String tag(String name) {
        return files.get(name).tag;
    }

    /** The commit that a branch or commit is, if the repository has it. */
    Optional<String> commitOf(String revision) {
        return branches.containsValue(revision) ? Optional.of(revision) : Optional.ofNullable(branches.get(revision));
    }

    Map<String, Stored> files() {
        return files;
    }

    Stored file(String name) {
        return files.get(name);
    }

    Optional<String> token() {
        return token;
    }

    boolean isGated() {
        return gated;
    }

    /** A file: its contents, entity tag, and whether the large file storage holds it. */
    record Stored(byte[] contents, String tag, boolean large) {}

    static String gitBlob(byte[] bytes) {
        byte[] head = ("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII);
        byte[] all = Arrays.copyOf(head, head.length + bytes.length);
        System.arraycopy(bytes, 0, all, head.length, bytes.length);
        return sha("SHA-1", all);
    }

    static String sha(String algorithm, byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
