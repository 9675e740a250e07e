package dev.finetune.examples.pretrain;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;

/** Files of plain text, as they are or compressed by gzip, in UTF-8, one paragraph a line. */
final class PlainText {
    private PlainText() {}

    /** Gives each line of a file to a receiver, stripped. */
    static void paragraphs(Path file, Consumer<String> receiver) throws IOException {
        try (InputStream raw = Files.newInputStream(file);
                InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
                BufferedReader reader = new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                receiver.accept(line.strip());
            }
        }
    }
}
