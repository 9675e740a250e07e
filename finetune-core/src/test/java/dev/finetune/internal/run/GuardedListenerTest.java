package dev.finetune.internal.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.internal.RecordingLogger;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.io.IOException;
import java.io.Serial;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuardedListenerTest {
    private final List<Long> seen = new ArrayList<>();
    private final RecordingLogger log = new RecordingLogger();

    /** Fails at the second step. */
    private static final class Failing implements TrainingListener {
        private final Throwable what;
        private int told;

        Failing(Throwable what) {
            this.what = what;
        }

        @Override
        public void stepped(StepReport report) {
            told++;
            if (report.step() == 2 && what instanceof RuntimeException e) {
                throw e;
            }
            if (report.step() == 2 && what instanceof Error e) {
                throw e;
            }
        }

        @Override
        public boolean showsWarnings() {
            return true;
        }
    }

    private TrainingListener beside(TrainingListener failing) {
        return GuardedListener.all(
                List.of(failing, new TrainingListener() {
                    @Override
                    public void stepped(StepReport report) {
                        seen.add(report.step());
                    }
                }),
                log);
    }

    private static void steps(TrainingListener listener) {
        for (int step = 1; step <= 4; step++) {
            listener.stepped(new StepReport(step, 0, 1, 1, 1e-3, 8));
        }
    }

    @Test
    void aListenerThatThrowsIsNamedAndToldNothingMoreWhileTheOthersAre() {
        final Failing failing = new Failing(new IllegalStateException("no room"));
        final TrainingListener all = beside(failing);
        assertThat(all.showsWarnings()).isTrue();
        steps(all);
        assertThat(seen).containsExactly(1L, 2L, 3L, 4L);
        assertThat(failing.told).isEqualTo(2);
        assertThat(all.showsWarnings()).isFalse();
        assertThat(log.lines())
                .singleElement()
                .asString()
                .contains(
                        "The listener dev.finetune.internal.run.GuardedListenerTest$Failing threw"
                                + " java.lang.IllegalStateException: no room (at ",
                        "when it was told of step 2",
                        "training goes on");
    }

    @Test
    void whateverAListenerCanBeToldIsGuardedAndToldToAll() {
        final Class<?> all = TrainingListener.all(List.of()).getClass();
        assertThat(TrainingListener.class.getMethods())
                .filteredOn(Method::isDefault)
                .isNotEmpty()
                .allSatisfy(method -> {
                    assertThat(GuardedListener.class.getDeclaredMethod(method.getName(), method.getParameterTypes()))
                            .isNotNull();
                    assertThat(all.getDeclaredMethod(method.getName(), method.getParameterTypes()))
                            .isNotNull();
                });
    }

    @Test
    void alsoCheckedExceptionsAndMessagesThatThrowEndNoTrainingAndTheEndIsToldAllTheSame() {
        final List<String> told = new ArrayList<>();
        final TrainingListener all = GuardedListener.all(
                List.of(new TrainingListener() {
                    @Override
                    public void started(Plan plan) {
                        throw GuardedListenerTest.<RuntimeException>sneaky(new IOException("io") {
                            @Serial
                            private static final long serialVersionUID = 1;

                            @Override
                            public String getMessage() {
                                throw new IllegalStateException("no message");
                            }
                        });
                    }

                    @Override
                    public boolean showsWarnings() {
                        throw new IllegalStateException("nor that");
                    }

                    @Override
                    public void failed(Throwable cause) {
                        told.add("failed");
                    }
                }),
                log);
        all.started(new TrainingListener.Plan(8, 0, 1, 5, 5, "loss"));
        assertThat(all.showsWarnings()).isFalse();
        all.failed(new IllegalStateException("the end"));
        assertThat(told).containsExactly("failed");
        assertThat(log.lines()).singleElement().asString().contains("GuardedListenerTest$", "training goes on");
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> E sneaky(Throwable thrown) throws E {
        throw (E) thrown;
    }

    @Test
    void errorsAreLetThrough() {
        final OutOfMemoryError error = new OutOfMemoryError("a heap");
        final TrainingListener all = beside(new Failing(error));
        assertThatThrownBy(() -> steps(all)).isSameAs(error);
    }
}
