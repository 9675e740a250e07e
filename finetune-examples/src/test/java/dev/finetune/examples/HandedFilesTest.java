package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.error.FinetuneException;
import dev.finetune.vision.Image;
import dev.finetune.vision.image.ImageDecoder;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Small files that once ended the process, the heap or the day, each used as a user would: refused by the file's name, or
 * right, within a second of the processor's time and 16 MB more than the files' sizes. They don't come with the project; where
 * they are missing, the tests are skipped and say so.
 */
class HandedFilesTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long MOST_NANOS = 1_000_000_000;
    private static final long MOST_BYTES = 16 << 20;

    /** So many characters of a table are read again, one row's after another's, before it is refused. */
    private static final long REREAD = 1 << 22;

    @TempDir
    private Path folder;

    private static Path shared(String name) {
        final Path path = Path.of(System.getProperty("finetune.shared", "")).resolve(name);
        assumeTrue(Files.exists(path), "SKIPPED: " + path.toAbsolutePath() + " isn't here");
        return path;
    }

    private static Path hostile(String name) {
        return shared("faults/hostile").resolve(name);
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                final Path target = to.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
                target.toFile().setWritable(true);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Path model(String golden) {
        final Path model = folder.resolve("model");
        copy(shared("golden/cases").resolve(golden).resolve("model"), model);
        return model;
    }

    private static String predicted(Path model, Object input) {
        try (FineTuned<Object> tuned = FineTuned.load(model)) {
            return tuned.predict(input).toString();
        }
    }

    private static String adapted(Path model, Path adapter) {
        try (FineTuned<Text> tuned = FineTuner.from(model).adapter(adapter).untrained(Text.class)) {
            return tuned.predict(Text.of("any")).toString();
        }
    }

    /** What a use gave, and what it took. */
    private record Use(Optional<String> refusal, long nanos, long bytes) {
        static Use of(Callable<?> use) throws Exception {
            final long thread = Thread.currentThread().getId();
            final long bytes = THREADS.getThreadAllocatedBytes(thread);
            final long start = THREADS.getCurrentThreadCpuTime();
            Optional<String> refusal = Optional.empty();
            try {
                use.call();
            } catch (FinetuneException e) {
                refusal = Optional.of(String.valueOf(e.getMessage()));
            }
            return new Use(
                    refusal,
                    THREADS.getCurrentThreadCpuTime() - start,
                    THREADS.getThreadAllocatedBytes(thread) - bytes);
        }
    }

    /**
     * Uses it twice, as the first use loads classes and natives.
     *
     * @param size of the files in bytes
     * @param told a part of the refusal
     */
    private static void check(long size, String told, Callable<?> use) throws Exception {
        Use.of(use);
        final Use second = Use.of(use);
        assertThat(second.refusal.orElse("not refused")).contains(told);
        assertThat(second.nanos).as("nanoseconds").isLessThan(MOST_NANOS);
        assertThat(second.bytes).as("bytes of heap, all in all").isLessThan(MOST_BYTES + 64 * size);
    }

    private static long size(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "load-charsmap, tokenizer.json",
        "load-fixedlength, tokenizer.json",
        "load-sequence, tokenizer.json",
        "sparse-ids, tokenizer.json",
        "ids-out-of-range, The tokenizer in",
        "predict-unknown, tokenizer.json",
        "predict-regex, tokenizer.json"
    })
    void aTokenizerIsRefusedByName(String name, String told) throws Exception {
        final Path model = model("bert-sequence-classification");
        Files.copy(
                hostile("tokenizer").resolve(name).resolve("tokenizer.json"),
                model.resolve("tokenizer.json"),
                StandardCopyOption.REPLACE_EXISTING);
        check(size(model), told, () -> predicted(model, Text.of("a".repeat(60) + "c")));
    }

    @ParameterizedTest
    @CsvSource({"scan-100000.bin", "collide-20000.bin", "nest-20000.bin"})
    void aPickleIsRefusedByName(String name) throws Exception {
        final Path model = model("bert-sequence-classification");
        Files.delete(model.resolve("model.safetensors"));
        Files.copy(hostile("pickle").resolve(name), model.resolve("pytorch_model.bin"));
        check(size(model), "pytorch_model.bin", () -> predicted(model, Text.of("good film")));
    }

    @ParameterizedTest
    @CsvSource({"vp8l-lie2.webp", "jpeg-scans-100.jpg", "gif-frame.gif", "bmp-oom/x.bin"})
    void aPictureIsRefusedByName(String name) throws Exception {
        final Path picture = hostile("picture").resolve(name);
        check(size(picture), picture.getFileName().toString(), () -> new ImageDecoder().decode(Image.of(picture)));
    }

    @Test
    void aTableOfOpenQuotesComesToAnEnd() throws Exception {
        final Path table = hostile("table/quote-5000.csv");
        check(
                size(table) + REREAD,
                "quote-5000.csv",
                () -> TextFiles.csv(table).skipBadRows().classification().asList());
    }

    @Test
    void theRegularExpressionOfAnAdapterIsRefusedByName() throws Exception {
        final Path model = model("bert-lora");
        final Path adapter = hostile("adapter/regex");
        check(size(model) + size(adapter), "The adapter in " + adapter, () -> adapted(model, adapter));
    }

    @ParameterizedTest
    @CsvSource({
        "model-java_lang_ArithmeticException, config.json",
        "model-java_lang_ClassCastException_VisionFamily_savedConfig_185, config.json",
        "model-java_lang_OutOfMemoryError_VisionFamily_lambda_savedHead_2_78, config.json",
        "model-java_lang_UnsupportedOperationException_AdapterConfig_refuseStart_81, adapter_config.json",
        "model-java_lang_UnsupportedOperationException_Calibration_read_124, calibration.json",
        "model-java_lang_UnsupportedOperationException_Calibration_read_126, The tokenizer in",
        "model-java_lang_UnsupportedOperationException_ModelRecord_maxLength_21, finetune.json"
    })
    void aConfigurationIsRefusedByName(String name, String told) throws Exception {
        final Path files = hostile("config").resolve(name);
        final String golden = Files.readString(files.resolve("WHAT")).split(" ")[0];
        final Path model = model(golden);
        copy(files, model);
        if (told.startsWith("adapter")) {
            final Path adapter = folder.resolve("adapter");
            copy(shared("golden/cases").resolve(golden).resolve("adapter"), adapter);
            copy(files.resolve("ad"), adapter);
            check(size(model) + size(adapter), told, () -> adapted(model, adapter));
        } else {
            final Object input = golden.startsWith("resnet")
                    ? Image.of(new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB))
                    : Text.of("any");
            check(size(model), told, () -> predicted(model, input));
        }
    }

    @Test
    void anIndexWithANameThatIsNoneIsRefusedByName() throws Exception {
        final Path model = model("bert-sequence-classification");
        Files.delete(model.resolve("model.safetensors"));
        copy(hostile("config/index-java_nio_file_InvalidPathException_ShardedWeights_lambda_open_0_38"), model);
        check(size(model), "model.safetensors.index.json", () -> predicted(model, Text.of("any")));
    }
}
