package dev.finetune.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.testkit.TinyModels;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SharedModelsTest {
    private static final Duration LONG = Duration.ofHours(1);

    private final AtomicInteger loads = new AtomicInteger();

    private FineTuned<?> load() {
        loads.incrementAndGet();
        return FineTuner.from(TinyModels.bert()).head("a", "b").untrained(Text.class);
    }

    @Test
    void allTasksOfAJvmUseOneModel() {
        final SharedModels models = new SharedModels(LONG);
        final List<SharedModels.Lease> leases = IntStream.range(0, 8)
                .parallel()
                .mapToObj(i -> models.take("one", this::load))
                .toList();
        assertThat(loads).hasValue(1);
        assertThat(leases.stream().map(SharedModels.Lease::model).distinct()).hasSize(1);
        leases.forEach(SharedModels.Lease::close);
        models.take("one", this::load).close();
        assertThat(loads).hasValue(1);
        models.take("two", this::load).close();
        assertThat(leases.get(0).model().toString()).endsWith("closed");
        assertThat(models.count()).isEqualTo(1);
    }

    @Test
    void aModelInUseIsNotClosedForAnother() {
        final SharedModels models = new SharedModels(LONG);
        try (SharedModels.Lease one = models.take("one", this::load)) {
            models.take("two", this::load).close();
            assertThat(one.model().toString()).doesNotEndWith("closed");
        }
    }

    @Test
    void aModelThatNobodyUsesForAWhileIsClosed() throws InterruptedException {
        final SharedModels models = new SharedModels(Duration.ofMillis(50));
        final SharedModels.Lease lease = models.take("one", this::load);
        lease.close();
        lease.close();
        for (int i = 0; i < 200 && models.count() > 0; i++) {
            Thread.sleep(50);
        }
        assertThat(models.count()).isZero();
        assertThat(lease.model().toString()).endsWith("closed");
    }

    @Test
    void aLoadThatFailsIsTriedAgainByTheNextTask() {
        final SharedModels models = new SharedModels(LONG);
        assertThatThrownBy(() -> models.take("one", () -> {
                    throw new FinetuneException("not there yet");
                }))
                .hasMessage("not there yet");
        models.take("one", this::load).close();
        assertThat(loads).hasValue(1);
    }
}
