package dev.finetune.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A model's repository in a {@link FakeHub}, filled by its methods. */
public final class FakeModel {
    private final Map<String, Stored> files = new LinkedHashMap<>();
    private final Map<String, String> branches = new ConcurrentHashMap<>();
    private String commit;
    private Optional<String> token = Optional.empty();
    private boolean gated;

    FakeModel(String id) {
        this.commit = sha("SHA-1", id.getBytes(StandardCharsets.UTF_8));
        branches.put("main", commit);
    }

    /**
     * Adds a file that git holds, or puts another in its place.
     *
     * @param name its path in the repository
     * @param text its contents, in UTF-8
     * @return this
     */
    public FakeModel small(String name, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        files.put(name, new Stored(bytes, gitBlob(bytes), false));
        return this;
    }

    /**
     * Adds a file of the large file storage, or puts another in its place.
     *
     * @param name its path in the repository
     * @param bytes its contents
     * @return this
     */
    public FakeModel large(String name, byte[] bytes) {
        files.put(name, new Stored(bytes, sha("SHA-256", bytes), true));
        return this;
    }

    /**
     * Adds the files of a directory, and of those in it: JSON and text as git holds them, the others as large ones.
     *
     * @param directory such as {@link TinyModels} makes
     * @return this
     */
    public FakeModel directory(Path directory) {
        try (Stream<Path> found = Files.walk(directory)) {
            for (Path file : found.filter(Files::isRegularFile).sorted().toList()) {
                final String name = directory.relativize(file).toString().replace(File.separatorChar, '/');
                if (name.matches(".*\\.(json|txt|md)")) {
                    small(name, Files.readString(file));
                } else {
                    large(name, Files.readAllBytes(file));
                }
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Announces another entity tag than the contents have.
     *
     * @param name of a file that is there
     * @param tag what is announced
     * @return this
     */
    public FakeModel tag(String name, String tag) {
        Stored file = there(name);
        files.put(name, new Stored(file.contents, tag, file.large));
        return this;
    }

    /**
     * Names the present commit once more.
     *
     * @param name of the branch
     * @return this
     */
    public FakeModel branch(String name) {
        branches.put(name, commit);
        return this;
    }

    /**
     * Moves the main branch to another commit, with the same files.
     *
     * @param next 40 hexadecimal digits
     * @return this
     */
    public FakeModel commit(String next) {
        commit = next;
        branches.put("main", next);
        return this;
    }

    /**
     * Lets in nobody without a token.
     *
     * @param required the token
     * @return this
     */
    public FakeModel secret(String required) {
        token = Optional.of(required);
        return this;
    }

    /**
     * Refuses as the hub does where terms must be accepted.
     *
     * @return this
     */
    public FakeModel gated() {
        gated = true;
        return this;
    }

    /** {@return the commit that the main branch names: 40 hexadecimal digits} */
    public String commit() {
        return commit;
    }

    /**
     * {@return the entity tag that is announced for a file}
     *
     * @param name of a file that is there
     */
    public String tag(String name) {
        return there(name).tag;
    }

    /** The commit that a branch or commit is, if the repository has it. */
    Optional<String> commitOf(String revision) {
        return branches.containsValue(revision) ? Optional.of(revision) : Optional.ofNullable(branches.get(revision));
    }

    Map<String, Stored> files() {
        return files;
    }

    @Nullable
    Stored file(String name) {
        return files.get(name);
    }

    private Stored there(String name) {
        return Objects.requireNonNull(files.get(name), name);
    }

    Optional<String> token() {
        return token;
    }

    boolean isGated() {
        return gated;
    }

    /** A file: its contents, entity tag, and whether the large file storage holds it. */
    record Stored(byte[] contents, String tag, boolean large) {}

    /**
     * {@return the SHA-1 by which git names contents, in hexadecimal digits}
     *
     * @param bytes the contents
     */
    public static String gitBlob(byte[] bytes) {
        byte[] head = ("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII);
        byte[] all = Arrays.copyOf(head, head.length + bytes.length);
        System.arraycopy(bytes, 0, all, head.length, bytes.length);
        return sha("SHA-1", all);
    }

    /**
     * {@return a checksum in hexadecimal digits}
     *
     * @param algorithm such as SHA-256
     * @param bytes of which
     */
    public static String sha(String algorithm, byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
