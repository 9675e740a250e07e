package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

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

    /** Kills a command in a process of its own once it has written so many checkpoints. */
    private static void kill(List<String> words, Path out) throws IOException, InterruptedException {
        final List<String> all = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.finetune.examples.Main"));
        all.addAll(words);
        final Process process = new ProcessBuilder(all)
                .redirectErrorStream(true)
                .redirectOutput(out.resolveSibling(out.getFileName() + ".log").toFile())
                .start();
        final Path checkpoints = out.resolve("checkpoints");
        while (process.isAlive() && !Files.isDirectory(checkpoints.resolve("checkpoint-30"))) {
            Thread.sleep(5);
        }
        process.destroyForcibly();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(137);
    }

    @Test
    void theSameCommandGoesOnAfterAKillAndSavesWhatItWouldHave() throws Exception {
        final Path whole = folder.resolve("whole");
        final Path killed = folder.resolve("killed");
        run(text(whole)).well();
        kill(text(killed, "--checkpoint-every", "5"), killed);
        assertThat(killed.resolve("model.safetensors")).doesNotExist();

        assertThat(run(text(killed, "--checkpoint-every", "5", "--lr", "1e-4")).errors())
                .contains("\"learning rate\" was 5.0E-5, and is 1.0E-4 now");
        final CommandLineRun resumed =
                run(text(killed, "--checkpoint-every", "5")).well();

        assertThat(resumed.text()).contains("going on from step ");
        assertThat(Files.readAllBytes(killed.resolve("model.safetensors")))
                .isEqualTo(Files.readAllBytes(whole.resolve("model.safetensors")));
        assertThat(killed.resolve("checkpoints")).doesNotExist();
    }

    @Test
    void noResumeBeginsAnew() throws Exception {
        final Path out = folder.resolve("anew");
        kill(text(out, "--checkpoint-every", "5"), out);
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
