package dev.finetune.internal.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LifetimeTest {
    private final Lifetime lifetime = new Lifetime();
    private final AtomicInteger freed = new AtomicInteger();

    private void close() {
        lifetime.end(freed::incrementAndGet);
    }

    @Test
    void whatNobodyUsesIsFreedAtOnceAndOnce() {
        close();
        close();
        assertThat(freed).hasValue(1);
        assertThatIllegalStateException()
                .isThrownBy(() -> lifetime.use(() -> 1))
                .withMessage("this model was closed");
        assertThatIllegalStateException().isThrownBy(() -> lifetime.alone(() -> {}));
    }

    @Test
    void theLastThatUsesItFreesIt() throws InterruptedException {
        final Thread other = new Thread(this::close);
        lifetime.use(() -> lifetime.use(() -> {
            other.start();
            try {
                other.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            assertThat(lifetime.isOver()).isTrue();
            assertThat(freed).hasValue(0);
            assertThatIllegalStateException().isThrownBy(() -> lifetime.use(() -> 1));
            return 1;
        }));
        assertThat(freed).hasValue(1);
    }

    @Test
    void whatFailsCountsAsEnded() {
        assertThatIllegalStateException()
                .isThrownBy(() -> lifetime.use(() -> {
                    close();
                    throw new IllegalStateException("of the use");
                }));
        assertThat(freed).hasValue(1);
    }

    @Test
    void whoWantsItAloneWhileItsUserWaitsForHimIsToldAfterAWhileAndNothingIsChanged() {
        final Lifetime impatient = new Lifetime(Duration.ofMillis(100));
        final AtomicInteger changed = new AtomicInteger();
        final CompletableFuture<Void> change = new CompletableFuture<>();
        impatient.use(() -> {
            // As a stream of data does that another thread fills.
            final Thread other = new Thread(() -> {
                try {
                    impatient.alone(changed::incrementAndGet);
                    change.complete(null);
                } catch (IllegalStateException e) {
                    change.completeExceptionally(e);
                }
            });
            other.start();
            assertThatThrownBy(change::join).hasMessageContaining("waits for this one");
            return 1;
        });
        assertThat(changed).hasValue(0);
        impatient.alone(changed::incrementAndGet);
        assertThat(changed).hasValue(1);
        assertThat(impatient.<Integer>use(() -> 5)).isEqualTo(5);
    }

    @Test
    void whoIsInterruptedWhileHeWaitsIsToldAndStaysInterrupted() throws InterruptedException {
        final CountDownLatch used = new CountDownLatch(1);
        final CountDownLatch enough = new CountDownLatch(1);
        final Thread user = new Thread(() -> lifetime.use(() -> {
            used.countDown();
            try {
                enough.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return 1;
        }));
        user.start();
        used.await();
        Thread.currentThread().interrupt();
        assertThatIllegalStateException()
                .isThrownBy(() -> lifetime.alone(() -> {}))
                .withMessageContaining("interrupted");
        assertThat(Thread.interrupted()).isTrue();
        enough.countDown();
        user.join();
    }

    @Test
    void whoUsesItAndWantsItAloneIsTold() {
        assertThatIllegalStateException()
                .isThrownBy(() -> lifetime.use(() -> {
                    lifetime.alone(() -> {});
                    return 1;
                }))
                .withMessageContaining("this thread uses the model right now");
        lifetime.alone(() -> assertThat(lifetime.use(() -> 5)).isEqualTo(5));
        close();
        assertThat(freed).hasValue(1);
    }
}
