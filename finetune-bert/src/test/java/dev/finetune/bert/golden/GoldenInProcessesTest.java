package dev.finetune.bert.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.bert.distributed.OwnJvms;
import dev.finetune.bert.start.ChildJvm;
import dev.finetune.golden.GoldenCase;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes, each with half of the rows of every batch, train as one does with all of them. */
@Tag("golden")
class GoldenInProcessesTest {
    private static final double CLOSE = 1e-5;
    private static final Pattern NO_GRADIENT = Pattern.compile("(key|\\.k|k_lin)\\.bias$");

    @TempDir
    private Path folder;

    @Test
    void twoProcessesTrainEveryGoldenCaseAsOneDoesAndTheSameToTheBitEachTime() throws Exception {
        for (ChildJvm process : OwnJvms.start(
                2, folder, Map.of(GoldenProcess.OUT, folder.toString()), GoldenProcess.class)) {
            final ChildJvm.Ended ended = process.end();
            assertThat(ended.status()).as(ended.output()).isZero();
        }
        assertThat(GoldenProcess.cases()).isNotEmpty();
        for (GoldenCase golden : GoldenProcess.cases()) {
            final Path alone = folder.resolve(golden.name());
            GoldenProcess.train(golden, Optional.empty(), alone);
            final Path first = folder.resolve(golden.name() + ".0.0");
            assertThat(folder.resolve(golden.name() + ".0.1")).as("the second time").hasSameBinaryContentAs(first);
            assertThat(folder.resolve(golden.name() + ".1.0")).as("in the other process").hasSameBinaryContentAs(first);
            assertAlike(golden.name(), first, alone);
        }
    }

    private static void assertAlike(String name, Path found, Path expected) throws IOException {
        assertThat(Files.size(found)).isEqualTo(Files.size(expected));
        try (DataInputStream ours = open(found);
                DataInputStream theirs = open(expected)) {
            final int steps = ours.readInt();
            assertThat(theirs.readInt()).isEqualTo(steps);
            for (int step = 0; step < steps; step++) {
                assertThat(ours.readDouble())
                        .as("%s: loss of step %d", name, step)
                        .isCloseTo(theirs.readDouble(), within(CLOSE));
                final double norm = theirs.readDouble();
                assertThat(ours.readDouble())
                        .as("%s: norm of step %d", name, step)
                        .isCloseTo(norm, within(CLOSE * Math.max(1, norm)));
            }
            while (ours.available() > 0) {
                final String parameter = ours.readUTF();
                assertThat(theirs.readUTF()).isEqualTo(parameter);
                final int count = ours.readInt();
                assertThat(theirs.readInt()).isEqualTo(count);
                double furthest = 0;
                for (int i = 0; i < count; i++) {
                    furthest = Math.max(furthest, Math.abs(ours.readFloat() - theirs.readFloat()));
                }
                if (!hasNoGradient(name, parameter)) {
                    assertThat(furthest).as("%s: %s", name, parameter).isLessThan(CLOSE);
                }
            }
        }
    }

    /**
     * What is added to all scores that a softmax compares changes nothing, so that its gradient is rounding alone, which Adam takes for a
     * direction: biases of keys, and what shifts all start (or end) logits.
     */
    private static boolean hasNoGradient(String name, String parameter) {
        return NO_GRADIENT.matcher(parameter).find()
                || name.contains("question-answering")
                        && (parameter.equals("qa_outputs.bias") || parameter.endsWith("2.output.LayerNorm.bias"));
    }

    private static DataInputStream open(Path file) throws IOException {
        return new DataInputStream(new BufferedInputStream(Files.newInputStream(file)));
    }
}
