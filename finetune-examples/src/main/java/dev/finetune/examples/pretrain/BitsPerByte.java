package dev.finetune.examples.pretrain;

import dev.finetune.bert.text.Tokenizer;
import dev.finetune.data.Text;
import dev.finetune.train.EpochReport;
import dev.finetune.train.TrainingListener;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Says after each evaluation how many bits a byte of text takes, which compares models of different vocabularies.
 *
 * @param bytesPerToken of the text that is held back
 */
record BitsPerByte(double bytesPerToken) implements TrainingListener {
    private static final int WHOLE = 1 << 24;

    /** For paragraphs that are held back, by the tokenizer of a directory. */
    static BitsPerByte of(List<String> paragraphs, Path directory) {
        long bytes = 0;
        long tokens = 0;
        try (Tokenizer tokenizer = Tokenizer.openForWriting(directory)) {
            for (String paragraph : paragraphs) {
                bytes += paragraph.getBytes(StandardCharsets.UTF_8).length;
                tokens += tokenizer
                        .encode(List.of(Text.of(paragraph)), WHOLE)
                        .get(0)
                        .length();
            }
        }
        return new BitsPerByte((double) bytes / tokens);
    }

    @Override
    public void evaluated(EpochReport report) {
        report.validation()
                .ifPresent(metrics -> System.out.printf(
                        Locale.ROOT,
                        "step %d: loss %.4f on paragraphs held back, %.3f bits per byte%n",
                        report.step(),
                        metrics.get("loss"),
                        metrics.get("loss") / Math.log(2) / bytesPerToken));
    }
}
