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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes, each with half of the rows of every batch, train as one does with all of them. */
@Tag("golden")
class GoldenInProcessesTest {
    private static final double CLOSE = 1e-5;

    @TempDir
    private Path folder;

    @Test
    void twoProcessesTrainEveryGoldenCaseAsOneDoesAndTheSameToTheBitThroughMemoryAndThroughGloo() throws Exception {
        for (ChildJvm process :
                OwnJvms.start(2, folder, Map.of(GoldenProcess.OUT, folder.toString()), GoldenProcess.class)) {
            final ChildJvm.Ended ended = process.end();
            assertThat(ended.status()).as(ended.output()).isZero();
        }
        assertThat(GoldenProcess.cases()).isNotEmpty();
        for (GoldenCase golden : GoldenProcess.cases()) {
            final Path alone = folder.resolve(golden.name());
            GoldenProcess.train(golden, Optional.empty(), alone);
            final Path first = folder.resolve(golden.name() + ".0.0");
            assertThat(folder.resolve(golden.name() + ".0.1"))
                    .as("through Gloo")
                    .hasSameBinaryContentAs(first);
            assertThat(folder.resolve(golden.name() + ".1.0"))
                    .as("in the other process")
                    .hasSameBinaryContentAs(first);
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
                assertThat(furthest).as("%s: %s", name, parameter).isLessThan(CLOSE);
            }
        }
    }

    private static DataInputStream open(Path file) throws IOException {
        return new DataInputStream(new BufferedInputStream(Files.newInputStream(file)));
    }
}
