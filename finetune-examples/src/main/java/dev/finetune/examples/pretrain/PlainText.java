package dev.finetune.examples.pretrain;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import picocli.CommandLine.Option;

/** The option that says which text is learned from: files as they are or compressed by gzip, in UTF-8, one paragraph a line. */
final class PlainText {
    @Option(
            names = "--text",
            required = true,
            arity = "1..*",
            description = "Text files, plain or .gz, one paragraph a line.")
    private List<Path> files = List.of();

    /** Gives each line of the files to a receiver, stripped. */
    void paragraphs(Consumer<String> receiver) throws IOException {
        for (Path file : files) {
            paragraphs(file, receiver);
        }
    }

    private static void paragraphs(Path file, Consumer<String> receiver) throws IOException {
        try (InputStream raw = Files.newInputStream(file);
                InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
                BufferedReader reader = new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                receiver.accept(line.strip());
            }
        }
    }
}
