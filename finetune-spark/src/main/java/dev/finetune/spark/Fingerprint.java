package dev.finetune.spark;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * What tells one model from another, wherever their files lie: SHA-256 of the list of files that {@code save} wrote, which
 * holds their sums, or else of all files.
 */
final class Fingerprint {
    private static final String LIST = "finetune-files.json";
    private static final int BUFFER = 1 << 20;

    private Fingerprint() {}

    static String of(Path directory) {
        try {
            final MessageDigest digest = MessageDigest.getInstance("SHA-256");
            final Path list = directory.resolve(LIST);
            for (Path file : Files.isRegularFile(list) ? List.of(list) : files(directory)) {
                digest.update(named(directory, file).getBytes(StandardCharsets.UTF_8));
                digest.update((byte) 0);
                add(digest, file);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException | NoSuchAlgorithmException e) {
            throw new FinetuneException("The model in " + directory + " can't be read: " + e, e);
        }
    }

    /** All of a model's files in an order that doesn't depend on the file system; none that are hidden. */
    static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> !("/" + named(directory, file)).contains("/."))
                    .sorted((a, b) -> named(directory, a).compareTo(named(directory, b)))
                    .toList();
        }
    }

    /** With the same separators everywhere. */
    static String named(Path directory, Path file) {
        return directory.relativize(file).toString().replace('\\', '/');
    }

    private static void add(MessageDigest digest, Path file) throws IOException {
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            final byte[] buffer = new byte[BUFFER];
            int read;
            do {
                read = in.read(buffer);
            } while (read >= 0);
        }
    }
}
