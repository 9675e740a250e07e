package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class PassThreadTest {
    private final PassThread passes = new PassThread();

    private Thread computedIn(boolean alone) {
        return passes.compute(alone, Thread::currentThread);
    }

    private static void elsewhere(Runnable body) throws InterruptedException {
        final Thread other = new Thread(body);
        other.start();
        other.join();
    }

    @Test
    void theFirstCallerComputesInItsOwnThreadAsLongAsItIsAloneAndAllOthersInOne() throws InterruptedException {
        assertThat(computedIn(true)).isSameAs(Thread.currentThread());
        final List<Thread> threads = new ArrayList<>(List.of(computedIn(false)));
        for (int i = 0; i < 3; i++) {
            final boolean alone = i == 1;
            elsewhere(() -> threads.add(computedIn(alone)));
        }
        assertThat(threads).hasSize(4).allMatch(each -> each == threads.get(0));
        assertThat(threads.get(0)).isNotSameAs(Thread.currentThread());
        assertThat(computedIn(true)).isSameAs(Thread.currentThread());
    }

    @Test
    void anotherCallerTakesThePlaceOfAFirstThatHasEnded() throws InterruptedException {
        final AtomicReference<Thread> own = new AtomicReference<>();
        elsewhere(() -> own.set(computedIn(true)));
        assertThat(own.get()).isNotSameAs(Thread.currentThread());
        assertThat(computedIn(true)).isSameAs(Thread.currentThread());
    }

    @Test
    void whatTheWorkThrowsIsThrown() {
        assertThatThrownBy(() -> passes.compute(false, () -> {
                    throw new IllegalStateException("of the work");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("of the work");
        assertThatThrownBy(() -> passes.compute(false, () -> {
                    throw new StackOverflowError("of the work");
                }))
                .isInstanceOf(StackOverflowError.class);
    }

    @Test
    void whoIsInterruptedWaitsForTheWorkAndStaysInterrupted() {
        Thread.currentThread().interrupt();
        assertThat(passes.<Integer>compute(false, () -> 3)).isEqualTo(3);
        assertThat(Thread.interrupted()).isTrue();
    }
}
