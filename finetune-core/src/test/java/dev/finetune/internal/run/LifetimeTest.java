package dev.finetune.internal.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

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
