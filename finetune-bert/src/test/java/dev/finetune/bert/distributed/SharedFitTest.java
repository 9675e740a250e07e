package dev.finetune.bert.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.finetune.FineTuned;
import dev.finetune.bert.start.ChildJvm;
import dev.finetune.data.Text;
import dev.finetune.train.StepReport;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that train together: what they come to, and what becomes of them when one is lost. */
class SharedFitTest {
    @TempDir
    private Path folder;

    private List<ChildJvm> start(String jobs, int timeout) throws IOException {
        return start(jobs, timeout, Map.of());
    }

    private List<ChildJvm> start(String jobs, int timeout, Map<String, String> more) throws IOException {
        final Map<String, String> environment = SharedFit.environment(jobs, folder, timeout);
        environment.putAll(more);
        return OwnJvms.start(2, folder, environment, SharedFit.class);
    }

    /** What a job said in the end. */
    private static String said(ChildJvm.Ended ended, String job) {
        assertThat(ended.status()).as(ended.output()).isZero();
        return ended.output()
                .lines()
                .filter(line -> line.startsWith(job))
                .findFirst()
                .orElseThrow(() -> new AssertionError(ended.output()));
    }

    @Test
    void twoProcessesTrainAsOneWhatIsOfUnequalSizeAndRefuseWhatDoesNotFit() throws Exception {
        final List<ChildJvm> both = start(
                "unreadable,uneven,compressed,shards,findings,heldBack,deciding,otherRate,otherData,emptyStream,"
                        + "notEvaluated,badRow",
                30);
        final ChildJvm.Ended lead = both.get(0).end();
        final ChildJvm.Ended other = both.get(1).end();

        final String uneven = said(lead, "uneven: ");
        assertThat(said(other, "uneven: ")).as("to the bit").isEqualTo(uneven);
        final List<Double> losses = losses(uneven);
        final List<Double> compressed = losses(said(lead, "compressed: "));
        assertThat(said(other, "compressed: ")).as("to the bit").isEqualTo(said(lead, "compressed: "));
        assertThat(compressed).hasSameSizeAs(losses).isNotEqualTo(losses);
        for (int i = 0; i < losses.size(); i++) {
            assertThat(compressed.get(i)).as("loss of step " + i + " in 8 bits").isCloseTo(losses.get(i), within(0.01));
        }
        final String[] metrics = uneven.substring(uneven.indexOf(']') + 2).split(" ");
        try (FineTuned<Text> alone = SharedFit.tuner(8)
                .fit(
                        SharedFit.reviews(0, SharedFit.TRAINING_ROWS),
                        SharedFit.reviews(100, SharedFit.VALIDATION_ROWS))) {
            final List<StepReport> steps = alone.history().orElseThrow().steps();
            assertThat(losses).hasSameSizeAs(steps);
            for (int i = 0; i < losses.size(); i++) {
                assertThat(losses.get(i))
                        .as("loss of step " + i)
                        .isCloseTo(steps.get(i).loss(), within(1e-5));
            }
            assertThat(Double.parseDouble(metrics[0]))
                    .isCloseTo(alone.evaluation().get("loss"), within(1e-5));
            assertThat(Double.parseDouble(metrics[1]))
                    .isEqualTo(alone.evaluation().get("auroc"), within(1e-12));
            assertThat(Double.parseDouble(metrics[2]))
                    .isEqualTo(alone.evaluation().get("accuracy"), within(1e-12));
        }
        assertThat(folder.resolve("saved0/model.safetensors")).exists();
        assertThat(folder.resolve("saved1")).doesNotExist();

        assertThat(said(lead, "shards: "))
                .startsWith("shards: [class 0, class 1, class 2] 10 ")
                .isEqualTo(said(other, "shards: "));

        assertThat(said(lead, "deciding: ")).isEqualTo(said(other, "deciding: "));

        assertThat(said(lead, "findings: "))
                .contains(
                        "Inputs with different labels: 1: ",
                        "(0 and 1). Decide which label is right.",
                        "training 13 {0=6, 1=7} 13",
                        "validation 8 {0=4, 1=4} 8")
                .doesNotContain("All training labels are");
        assertThat(said(other, "findings: ")).startsWith("findings: [] ");
        assertThat(said(lead, "heldBack: "))
                .startsWith("heldBack: [class 0, class 1, class 2] ")
                .isEqualTo(said(other, "heldBack: "));
        assertThat(said(lead, "unreadable")).contains("ended with: Process 1 failed: There is no file ");
        assertThat(said(other, "unreadable")).contains("ended with: There is no file ");
        assertThat(said(other, "emptyStream")).isEqualTo(said(lead, "emptyStream"));

        for (ChildJvm.Ended ended : List.of(lead, other)) {
            assertThat(said(ended, "emptyStream")).contains("The training data of process 1 holds no rows (");
            assertThat(said(ended, "otherRate"))
                    .contains("otherRate ended with: Process 1 has set out for another training than process 0")
                    .contains("learning rate");
            assertThat(said(ended, "otherData"))
                    .contains("Process 1 can't train with process 0: it has 16 rows with the checksum ");
            assertThat(said(ended, "notEvaluated"))
                    .contains("nothing to evaluate on", "Process 1 can't train with process 0");
            assertThat(said(ended, "badRow")).contains("unheard of");
        }
        assertThat(said(lead, "badRow")).contains("ended with: Process 1 failed: ");
    }

    private static List<Double> losses(String told) {
        return Arrays.stream(
                        told.substring(told.indexOf('[') + 1, told.indexOf(']')).split(", "))
                .map(Double::valueOf)
                .toList();
    }

    @Test
    void afterAProcessWasKilledTheyGoOnFromTheCheckpointToTheSameBits() throws Exception {
        final List<ChildJvm> whole = start("longer", 30);
        final String expected = said(whole.get(0).end(), "longer: ");
        whole.get(1).end();

        final List<ChildJvm> killed = start("checkpoints", 30);
        while (!killed.get(0).output().contains("step 9")) {
            Thread.sleep(10);
        }
        killed.get(1).kill();
        assertThat(said(killed.get(0).end(), "checkpoints"))
                .contains("ended with: Process 1 was lost: ")
                .contains("it was killed, or it crashed");

        final List<ChildJvm> again = start("checkpoints", 30);
        final ChildJvm.Ended lead = again.get(0).end();
        assertThat(lead.output()).doesNotContain("step 7\n");
        assertThat(said(lead, "checkpoints: ").substring("checkpoints: ".length()))
                .isEqualTo(expected.substring("longer: ".length()));
        assertThat(said(again.get(1).end(), "checkpoints: ")).isEqualTo(said(lead, "checkpoints: "));
    }

    @Test
    void aProcessThatIsStoppedEndsTheOtherWithinTheTimeoutByNameWhetherTheyShareMemoryOrANetwork() throws Exception {
        assumeTrue(File.separatorChar == '/', "SKIPPED: processes are stopped by a signal");
        for (int stopped : new int[] {1, 0}) {
            final List<ChildJvm> both = start("longer", 3, stopped == 1 ? Map.of(SharedFit.NETWORK, "") : Map.of());
            while (!both.get(0).output().contains("step 3")) {
                Thread.sleep(10);
            }
            signal("-STOP", both.get(stopped));
            final long begin = System.nanoTime();
            assertThat(said(both.get(1 - stopped).end(), "longer"))
                    .contains("ended with: Process " + stopped + " was lost: nothing was heard of it for 3 s");
            assertThat((System.nanoTime() - begin) / 1e9).isLessThan(15);
            both.get(stopped).kill();
        }
    }

    private static void signal(String name, ChildJvm process) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", name, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }
}
