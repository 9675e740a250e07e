package dev.finetune.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/**
 * The checksum that a file must have.
 *
 * @param kind how it is computed
 * @param hex its value in lower-case hexadecimal
 */
record Digest(Kind kind, String hex) {
    private static final int BUFFER = 1 << 20;

    /** How a checksum is computed. */
    enum Kind {
        /** SHA-256 of the contents: large files, stored by Git LFS or Xet. */
        SHA256("SHA-256"),
        /** Git's name of a blob: SHA-1 of "blob", a space, the length in decimal, a zero byte, and the contents. */
        GIT_BLOB("SHA-1");

        private final String algorithm;

        Kind(String algorithm) {
            this.algorithm = algorithm;
        }
    }

    static Optional<Digest> sha256(String hex) {
        return of(Kind.SHA256, hex, 64);
    }

    static Optional<Digest> gitBlob(String hex) {
        return of(Kind.GIT_BLOB, hex, 40);
    }

    /** The checksum that an entity tag of the hub is: told by its length. */
    static Optional<Digest> ofTag(String tag) {
        return sha256(tag).or(() -> gitBlob(tag));
    }

    private static Optional<Digest> of(Kind kind, String hex, int length) {
        return hex.matches("[0-9a-fA-F]{" + length + "}")
                ? Optional.of(new Digest(kind, hex.toLowerCase(Locale.ROOT)))
                : Optional.empty();
    }

    /** The checksum of this kind that the file has. */
    String actual(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            MessageDigest sum = MessageDigest.getInstance(kind.algorithm);
            if (kind == Kind.GIT_BLOB) {
                sum.update(("blob " + channel.size() + "\0").getBytes(StandardCharsets.US_ASCII));
            }
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
            while (channel.read(buffer) >= 0) {
                sum.update(buffer.flip());
                buffer.clear();
            }
            return HexFormat.of().formatHex(sum.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + kind.algorithm, e);
        }
    }
}
