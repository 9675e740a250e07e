package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Stream;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WorkersTest {
    @Test
    void everyPieceIsDoneOnceAndNoTwoAtOnceByOneWorker() {
        final AtomicIntegerArray done = new AtomicIntegerArray(1000);
        final AtomicIntegerArray busy = new AtomicIntegerArray(Workers.count());
        Workers.run(1000, (piece, worker) -> {
            assertThat(busy.incrementAndGet(worker)).isEqualTo(1);
            done.incrementAndGet(piece);
            busy.decrementAndGet(worker);
        });
        for (int i = 0; i < done.length(); i++) {
            assertThat(done.get(i)).isEqualTo(1);
        }
        Workers.run(0, (piece, worker) -> {
            throw new AssertionError();
        });
    }

    @Test
    void whatAPieceThrowsComesOutAndTheNextRunWorks() {
        final AtomicInteger done = new AtomicInteger();
        assertThatThrownBy(() -> Workers.run(100, (piece, worker) -> {
                    if (piece == 3) {
                        throw new IllegalStateException("piece 3");
                    }
                    done.incrementAndGet();
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("piece 3");
        assertThat(done).hasValueLessThan(100);
        done.set(0);
        Workers.run(100, (piece, worker) -> done.incrementAndGet());
        assertThat(done).hasValue(100);
    }

    @Test
    void workersHaveOneThreadAndNoGradientsAndTheCallerKeepsItsOwn() {
        final int before = torch.get_num_threads();
        Workers.run(4, (piece, worker) -> {
            assertThat(torch.get_num_threads() == 1 || torch.in_parallel_region() || Workers.count() == 1)
                    .isTrue();
            assertThat(GradMode.is_enabled()).isFalse();
        });
        assertThat(torch.get_num_threads()).isEqualTo(before);
        assertThat(GradMode.is_enabled()).isTrue();
    }

    @Test
    void anInterruptedCallerStillWaitsAndStaysInterrupted() {
        final AtomicInteger done = new AtomicInteger();
        Thread.currentThread().interrupt();
        Workers.run(50, (piece, worker) -> done.incrementAndGet());
        assertThat(Thread.interrupted()).isTrue();
        assertThat(done).hasValue(50);
    }

    @Test
    void manyCallersAtOnceAllGetTheirs() throws InterruptedException {
        final AtomicInteger done = new AtomicInteger();
        final Thread[] callers = new Thread[6];
        for (int i = 0; i < callers.length; i++) {
            callers[i] = new Thread(() -> {
                for (int run = 0; run < 20; run++) {
                    Workers.run(10, (piece, worker) -> done.incrementAndGet());
                }
            });
            callers[i].start();
        }
        for (Thread caller : callers) {
            caller.join();
        }
        assertThat(done).hasValue(1200);
    }

    @ParameterizedTest
    @MethodSource("teams")
    void aTeamRunsTheSameOnEachThreadAndEndsWithTheLast(Workers.Team team) {
        for (int run = 1; run <= 50; run++) {
            final AtomicInteger begun = new AtomicInteger();
            final AtomicInteger ended = new AtomicInteger();
            team.run(2, () -> {
                begun.incrementAndGet();
                Thread.yield();
                ended.incrementAndGet();
            });
            assertThat(begun).hasValueBetween(1, 2);
            assertThat(ended).hasValue(begun.get());
        }
    }

    static Stream<Workers.Team> teams() {
        return Stream.concat(OpenMpTeam.find().stream(), Stream.of(OwnThreads.start(torch.get_num_threads())));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void onLinuxPiecesRunOnTheThreadsOfLibTorchsOwnOperations() {
        final AtomicInteger outside = new AtomicInteger();
        OpenMpTeam.find().orElseThrow().run(2, () -> outside.addAndGet(torch.in_parallel_region() ? 0 : 1));
        assertThat(outside).hasValue(0);
        assertThat(torch.in_parallel_region()).isFalse();
    }
}
