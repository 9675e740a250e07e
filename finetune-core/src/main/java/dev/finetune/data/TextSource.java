package dev.finetune.data;

import dev.finetune.internal.PlainFile;
import dev.finetune.internal.StandIn;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/** A text file's bytes, unzipped and past their byte order mark, and how they are encoded. */
record TextSource(InputStream stream, Charset charset) {
    /** Opens a file; gzip and byte order marks are known by the first bytes. A mark wins over a Unicode charset. */
    static TextSource open(Path path, Charset charset) throws IOException {
        PlainFile.refuseOthers(path);
        InputStream file = new BufferedInputStream(Files.newInputStream(path));
        try {
            file.mark(StandIn.START);
            StandIn.refusePointer(path, file.readNBytes(StandIn.START));
            file.reset();
            InputStream stream =
                    skip(file, false, 0x1F, 0x8B) ? new BufferedInputStream(new GZIPInputStream(file, 1 << 16)) : file;
            if (!charset.name().toUpperCase(Locale.ROOT).startsWith("UTF-")) {
                return new TextSource(stream, charset);
            }
            if (skip(stream, true, 0xEF, 0xBB, 0xBF)) {
                return new TextSource(stream, StandardCharsets.UTF_8);
            }
            if (skip(stream, true, 0xFE, 0xFF)) {
                return new TextSource(stream, StandardCharsets.UTF_16BE);
            }
            if (skip(stream, true, 0xFF, 0xFE)) {
                return new TextSource(stream, StandardCharsets.UTF_16LE);
            }
            return new TextSource(stream, charset);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Whether the stream starts with these bytes; if {@code past}, they are then left behind. */
    private static boolean skip(InputStream stream, boolean past, int... start) throws IOException {
        byte[] wanted = new byte[start.length];
        for (int i = 0; i < start.length; i++) {
            wanted[i] = (byte) start[i];
        }
        stream.mark(start.length);
        boolean found = Arrays.equals(stream.readNBytes(start.length), wanted);
        if (!found || !past) {
            stream.reset();
        }
        return found;
    }
}
