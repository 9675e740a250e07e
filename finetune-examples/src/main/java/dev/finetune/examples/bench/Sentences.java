package dev.finetune.examples.bench;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Sentences to measure with: the lines of a file after the first, each up to its first tab, again and again. */
final class Sentences {
    private Sentences() {}

    /**
     * So many sentences of a file, from its beginning again where it ends.
     *
     * @throws FinetuneException if there are none
     */
    static List<String> of(Path file, int count) throws IOException {
        final List<String> lines = Files.readAllLines(file).stream()
                .skip(1)
                .map(line -> line.split("\t", 2)[0])
                .toList();
        if (lines.isEmpty()) {
            throw new FinetuneException(file + " holds no sentences: a heading and one sentence a line are expected.");
        }
        return IntStream.range(0, count)
                .mapToObj(i -> lines.get(i % lines.size()))
                .toList();
    }
}
