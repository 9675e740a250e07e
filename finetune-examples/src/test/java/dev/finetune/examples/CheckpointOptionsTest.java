package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands that were killed, or stopped, and are called again. */
@Timeout(180)
class CheckpointOptionsTest {
    @TempDir
    static Path folder;

    @BeforeAll
    static void makeModelsAndFiles() throws IOException {
        assumeThat(Files.isExecutable(Path.of("/bin/kill"))).isTrue();
        StandIns.fill(folder);
    }

    private static List<String> text(Path out, String... options) {
        final List<String> all = new ArrayList<>(List.of(
                "text",
                "--model",
                StandIns.base(folder).toString(),
                "--train",
                folder.resolve("train.tsv").toString(),
                "--eval",
                folder.resolve("validation.tsv").toString(),
                "--max-length",
                "32",
                "--batch",
                "8",
                "--epochs",
                "12",
                "--out",
                out.toString()));
        all.addAll(List.of(options));
        return all;
    }

    private static CommandLineRun run(List<String> words) {
        return CommandLineRun.of(words.toArray(new String[0]));
    }

    /** Ends a command in a process of its own with a signal, once it has written its sixth checkpoint. */
    private static int end(String signal, List<String> words, Path out) throws IOException, InterruptedException {
        final Process process = OwnProcess.of(Main.class, words)
                .redirectOutput(out.resolveSibling(out.getFileName() + ".log").toFile())
                .start();
        final Path checkpoints = out.resolve("checkpoints");
        while (process.isAlive() && !Files.isDirectory(checkpoints.resolve("checkpoint-30"))) {
            Thread.sleep(5);
        }
        OwnProcess.signal(process, signal);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void theSameCommandGoesOnAfterAKillAndSavesWhatItWouldHave() throws Exception {
        final Path killed = folder.resolve("killed");
        assertThat(end("KILL", text(killed, "--checkpoint-every", "5"), killed)).isEqualTo(137);
        assertThat(killed.resolve("model.safetensors")).doesNotExist();

        assertThat(run(text(killed, "--checkpoint-every", "0")).errors())
                .contains("holds checkpoints of a training that was stopped", "--no-resume");
        assertThat(run(text(killed, "--checkpoint-every", "5", "--lr", "1e-4")).errors())
                .contains("\"learning rate\" was 5.0E-5, and is 1.0E-4 now");
        final CommandLineRun resumed =
                run(text(killed, "--checkpoint-every", "5")).well();

        assertThat(resumed.text()).contains("going on from step ");
        assertThat(Files.readAllBytes(killed.resolve("model.safetensors"))).isEqualTo(whole());
        assertThat(killed.resolve("checkpoints")).doesNotExist();
    }

    @Test
    void aCommandThatIsAskedToStopSavesTheModelAndGoesOnLater() throws Exception {
        final Path out = folder.resolve("asked");
        assertThat(end("TERM", text(out, "--checkpoint-every", "30"), out)).isEqualTo(143);
        assertThat(Files.readString(out.resolveSibling("asked.log")))
                .contains("SIGTERM", "cancelled after", "saved to", "the same command goes on from there");
        assertThat(out.resolve("model.safetensors")).exists();

        final CommandLineRun resumed =
                run(text(out, "--checkpoint-every", "30")).well();
        assertThat(resumed.text()).contains("going on from step ");
        assertThat(Files.readAllBytes(out.resolve("model.safetensors"))).isEqualTo(whole());
        assertThat(out.resolve("checkpoints")).doesNotExist();
    }

    /** The weights that a command comes to that nothing happens to. */
    private static byte[] whole() throws IOException {
        final Path whole = folder.resolve("whole");
        if (!Files.exists(whole)) {
            run(text(whole)).well();
        }
        return Files.readAllBytes(whole.resolve("model.safetensors"));
    }

    @Test
    void noResumeBeginsAnew() throws Exception {
        final Path out = folder.resolve("anew");
        assertThat(end("KILL", text(out, "--checkpoint-every", "5"), out)).isEqualTo(137);
        final CommandLineRun anew = run(text(out, "--checkpoint-every", "5", "--no-resume", "--max-steps", "7"))
                .well();
        assertThat(anew.text()).doesNotContain("going on");
        assertThat(out.resolve("checkpoints")).doesNotExist();
    }

    @Test
    void anIntervalThatIsNoneIsRefused() {
        for (String wrong : List.of("often", "-1", "5 minutes", "1.5h", "")) {
            final CommandLineRun run = run(text(folder.resolve("never"), "--checkpoint-every=" + wrong));
            assertThat(run.errors()).as(wrong).contains("--checkpoint-every " + wrong + ": expected a number of steps");
        }
    }
}
