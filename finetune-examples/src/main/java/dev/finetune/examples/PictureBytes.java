package dev.finetune.examples;

import dev.finetune.error.FinetuneException;
import dev.finetune.vision.Image;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A picture by the SHA-256 of what its file holds: two are the same if the bytes are, whatever the files are called. */
record PictureBytes(String digest, String name) {
    /** Reads a picture's file. */
    static PictureBytes of(Image image) {
        if (!(image.source() instanceof Image.Source.File source)) {
            throw new FinetuneException(
                    image + " is no file, so that its bytes can't be compared with those of others.");
        }
        final Path file = source.path();
        try {
            final byte[] sum = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
            final int names = file.getNameCount();
            return new PictureBytes(
                    HexFormat.of().formatHex(sum),
                    file.subpath(Math.max(0, names - 2), names).toString());
        } catch (IOException e) {
            throw new FinetuneException(file + " can't be read: " + e, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PictureBytes that && digest.equals(that.digest);
    }

    @Override
    public int hashCode() {
        return digest.hashCode();
    }

    @Override
    public String toString() {
        return name;
    }
}
