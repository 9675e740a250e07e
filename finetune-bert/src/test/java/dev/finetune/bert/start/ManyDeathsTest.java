package dev.finetune.bert.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.bert.job.Jobs;
import dev.finetune.data.Text;
import dev.finetune.train.Checkpoints;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A training in a process of its own that is killed (SIGKILL) at a random moment, again and again, and goes on each time: twice,
 * or as often as {@code -Dfinetune.deaths=200} says; and one that runs out of Java's heap. Whatever came, the model
 * that was there before is untouched until the new one replaces it, and the new one has the bits of a training that
 * nothing happened to.
 */
class ManyDeathsTest {
    private static final String SETTING = "finetune.deaths";

    @TempDir
    private Path folder;

    private final SplittableRandom random = new SplittableRandom(20);
    private final Map<String, Integer> counts = new TreeMap<>();

    private void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    private ChildJvm start(String... options) throws IOException {
        final List<String> all = new ArrayList<>(List.of(options));
        all.add("-D" + MortalTraining.FOLDER + "=" + folder);
        return ChildJvm.start(folder, Map.of(), all, ChildJvm.classPath(), MortalTraining.class);
    }

    private Map<String, float[]> expected() {
        try (FineTuned<Text> tuned = MortalTraining.fit(MortalTraining.tuner())) {
            return Jobs.weights(tuned);
        }
    }

    /** Saves a model that the training is to replace. */
    private Map<String, float[]> saveBefore() {
        try (FineTuned<Text> before = Jobs.classifier().maxSteps(1).fitAll(Jobs.data(8, 3))) {
            before.save(MortalTraining.model(folder));
            return Jobs.weights(before);
        }
    }

    private Map<String, float[]> saved() {
        try (FineTuned<Text> model = FineTuned.<Text>load(MortalTraining.model(folder))) {
            return Jobs.weights(model);
        }
    }

    private static boolean areEqual(Map<String, float[]> some, Map<String, float[]> others) {
        return some.keySet().equals(others.keySet())
                && some.entrySet().stream()
                        .allMatch(entry -> java.util.Arrays.equals(entry.getValue(), others.get(entry.getKey())));
    }

    @Test
    void afterEveryKillTheTrainingGoesOnAndEndsWithTheSameBits() throws Exception {
        final int deaths = Integer.getInteger(SETTING, 2);
        final Map<String, float[]> expected = expected();
        final Map<String, float[]> before = saveBefore();
        int died = 0;
        boolean hadCheckpoint = false;
        while (true) {
            final ChildJvm child = start();
            final boolean ended;
            if (died < deaths) {
                ended = !child.killAfter("step ", random.nextInt(1, 25), random.nextInt(30));
            } else {
                final ChildJvm.Ended end = child.end();
                assertThat(end.status()).as(end.output()).isZero();
                ended = true;
            }
            died += ended ? 0 : 1;
            final Map<String, float[]> now = saved();
            if (ended) {
                assertThat(areEqual(now, expected))
                        .as("the bits of the whole training")
                        .isTrue();
                count("trainings that came to the same bits");
                if (died == deaths) {
                    break;
                }
                saveBefore();
                Checkpoints.remove(MortalTraining.checkpoints(folder));
                hadCheckpoint = false;
                continue;
            }
            count("killed");
            assertThat(areEqual(now, before) || areEqual(now, expected))
                    .as("the model of before, or the new one")
                    .isTrue();
            if (hadCheckpoint) {
                assertThat(Checkpoints.areIn(MortalTraining.checkpoints(folder)))
                        .isTrue();
            }
            hadCheckpoint = Checkpoints.areIn(MortalTraining.checkpoints(folder));
            count(hadCheckpoint ? "with a checkpoint to go on from" : "before the first checkpoint");
        }
        if (System.getProperty(SETTING) != null) {
            counts.forEach((what, count) -> System.out.println(count + "\t" + what));
        }
        assertThat(counts.get("killed")).isEqualTo(deaths);
    }

    @Test
    void aHeapThatRunsOutLeavesTheLastCheckpointAndTheModelOfBefore() throws Exception {
        final Map<String, float[]> before = saveBefore();
        final ChildJvm.Ended dead =
                start("-Xmx128m", "-D" + MortalTraining.LAST_STEP + "=22").end();
        assertThat(dead.status()).isOne();
        assertThat(dead.output()).contains("OutOfMemoryError");
        assertThat(areEqual(saved(), before)).isTrue();
        final ChildJvm.Ended resumed = start().end();
        assertThat(resumed.status()).as(resumed.output()).isZero();
        assertThat(resumed.output()).contains("step 21\n").doesNotContain("step 19\n");
        assertThat(areEqual(saved(), expected())).isTrue();
    }
}
