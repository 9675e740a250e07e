package dev.finetune.trackers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.finetune.FineTuned;
import dev.finetune.data.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Event files, by their bytes, and read back by TensorBoard's own reader where Python has it (system property finetune.python). */
class TensorBoardTest {
    private static final String READER = """
            import sys
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
            from tensorboard.util import tensor_util
            events = EventAccumulator(sys.argv[1], size_guidance=dict(scalars=0, histograms=0, images=0, tensors=0))
            events.Reload()
            for tag in sorted(events.Tags()["scalars"]):
                print("scalar", tag, [(e.step, repr(e.value)) for e in events.Scalars(tag)])
            for tag in sorted(events.Tags()["images"]):
                print("image", tag, [(e.step, e.width, e.height, e.encoded_image_string[:4]) for e in events.Images(tag)])
            for tag in sorted(events.Tags()["histograms"]):
                e = events.Histograms(tag)[-1]
                h = e.histogram_value
                print("histogram", tag, e.step, int(h.num), int(sum(h.bucket)), h.min <= h.max, h.bucket_limit[-1] == h.max)
            for tag in sorted(events.Tags()["tensors"]):
                for e in events.Tensors(tag):
                    print("text", tag, e.tensor_proto.string_val[0].decode().splitlines()[:3])
            """;

    @TempDir
    private Path folder;

    private Path runs() {
        return folder.resolve("runs");
    }

    private Path file(String run) throws IOException {
        try (Stream<Path> files = Files.list(runs().resolve(run))) {
            return files.filter(file -> file.getFileName().toString().contains("tfevents"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void recordsAreFramedAsTensorFlowFramesThem() throws IOException {
        Fits.fit(folder, TensorBoard.in(runs())).close();
        final ByteBuffer bytes =
                ByteBuffer.wrap(Files.readAllBytes(file("run-1"))).order(ByteOrder.LITTLE_ENDIAN);
        // What every event file begins with: 24 bytes, and the masked checksum of that number.
        assertThat(bytes.getLong(0)).isEqualTo(24);
        assertThat(bytes.getInt(8)).isEqualTo(0x224b7fa3);
        assertThat(new String(bytes.array(), 12 + 11, 13, StandardCharsets.UTF_8))
                .isEqualTo("brain.Event:2");
        int at = 0;
        int records = 0;
        while (at < bytes.limit()) {
            at += 8 + 4 + (int) bytes.getLong(at) + 4;
            records++;
        }
        assertThat(at).isEqualTo(bytes.limit());
        assertThat(records).isGreaterThan(2 + 3 * Fits.STEPS);
    }

    @Test
    void eachTrainingGetsAFolderOfItsOwn() throws IOException {
        final TensorBoard listener = TensorBoard.in(runs());
        Fits.fit(folder, listener).close();
        Fits.fit(folder, listener).close();
        assertThat(file("run-1")).isRegularFile();
        assertThat(file("run-2")).isRegularFile();
    }

    @Test
    void tensorBoardReadsScalarsSettingsConfusionAndHistogramsBack() throws IOException, InterruptedException {
        final String python = python();
        assumeTrue(
                run(python, "-c", "import tensorboard") == 0,
                python + " has no tensorboard; name one that has with -Dfinetune.python=...");
        final List<String> expected;
        final long parameters;
        try (FineTuned<Text> tuned = Fits.fit(folder, TensorBoard.in(runs()).histograms())) {
            expected = tuned.history().orElseThrow().steps().stream()
                    .map(step -> "(" + step.step() + ", '" + (double) (float) step.loss() + "')")
                    .toList();
            parameters = tuned.summary()
                    .lines()
                    .filter(line -> line.contains("trained"))
                    .count();
        }
        final Path script = Files.writeString(folder.resolve("reader.py"), READER);
        final Path out = folder.resolve("read.txt");
        assertThat(run(out, python, script.toString(), runs().resolve("run-1").toString()))
                .isZero();
        final List<String> lines = Files.readAllLines(out);
        assertThat(lines)
                .contains("scalar train/loss [" + String.join(", ", expected) + "]")
                .anyMatch(line -> line.startsWith("scalar validation/accuracy [(4, "))
                .anyMatch(line -> line.startsWith("image validation/confusion [(4, 400, 400, b'\\x89PNG')"))
                .anyMatch(line ->
                        line.startsWith("text settings/text_summary ['| setting | value |', '| --- | --- |', '| "));
        assertThat(lines.stream().filter(line -> line.startsWith("histogram weights/")))
                .isNotEmpty()
                .hasSizeLessThanOrEqualTo((int) parameters)
                .allSatisfy(line -> assertThat(line).endsWith("True True").matches(".* 8 (\\d+) \\1 .*"));
    }

    private static String python() {
        final String property = System.getProperty("finetune.python", "");
        return property.isEmpty() ? "python3" : property;
    }

    private static int run(String... command) throws InterruptedException {
        return run(Path.of("/dev/null"), command);
    }

    private static int run(Path out, String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .redirectOutput(out.toFile())
                    .start()
                    .waitFor();
        } catch (IOException e) {
            return -1;
        }
    }
}
