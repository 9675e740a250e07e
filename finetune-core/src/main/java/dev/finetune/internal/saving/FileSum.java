package dev.finetune.internal.saving;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * What tells a file's contents from others.
 *
 * @param bytes its size
 * @param crc32c the Castagnoli checksum of its contents
 */
record FileSum(long bytes, int crc32c) {
    private static final int WINDOW = 1 << 18;
    private static final String BYTES = "bytes";
    private static final String SUM = "crc32c";

    /** Reads a file through. */
    static FileSum of(Path file) throws IOException {
        final CRC32C sum = new CRC32C();
        final ByteBuffer buffer = ByteBuffer.allocateDirect(WINDOW);
        long bytes = 0;
        try (FileChannel channel = FileChannel.open(file)) {
            while (channel.read(buffer) >= 0) {
                buffer.flip();
                bytes += buffer.remaining();
                sum.update(buffer);
                buffer.clear();
            }
        }
        return new FileSum(bytes, (int) sum.getValue());
    }

    /** Reads a file through, if it is there. */
    static Optional<FileSum> find(Path file) throws IOException {
        return Files.isRegularFile(file) ? Optional.of(of(file)) : Optional.empty();
    }

    static FileSum of(JsonObject json) {
        return new FileSum(
                json.get(BYTES).getAsLong(),
                HexFormat.fromHexDigits(json.get(SUM).getAsString()));
    }

    JsonObject toJson() {
        final JsonObject json = new JsonObject();
        json.addProperty(BYTES, bytes);
        json.addProperty(SUM, HexFormat.of().toHexDigits(crc32c));
        return json;
    }

    @Override
    public String toString() {
        return bytes + " bytes with the checksum " + HexFormat.of().toHexDigits(crc32c);
    }
}
