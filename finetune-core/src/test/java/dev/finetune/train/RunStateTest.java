package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunStateTest {
    private static RunState state(List<Long> atOnce) {
        return new RunState(
                0,
                0,
                0,
                0,
                atOnce,
                LossScale.State.NONE,
                1,
                0,
                0,
                List.of(),
                new RunState.Evaluations(0, 0, 0, 0, -1, List.of(), -1, Double.NaN, 0, false, false));
    }

    @Test
    void eachProcessGoesOnWithWhatItsOwnMemorySufficedFor() {
        final RunState read =
                RunState.of(state(List.of(Long.MAX_VALUE, 512L, 1024L)).toJson());
        assertThat(read.atOnce(0, 3)).isEqualTo(Long.MAX_VALUE);
        assertThat(read.atOnce(1, 3)).isEqualTo(512);
        assertThat(read.atOnce(1, 2))
                .as("of another number, what suffices everywhere")
                .isEqualTo(512);
    }

    @Test
    void aCheckpointThatKnowsOneProcessOnlyIsRead() {
        final JsonObject json = state(List.of(1L)).toJson();
        json.add("at_once", new JsonPrimitive(768L));
        assertThat(RunState.of(json).atOnce(0, 1)).isEqualTo(768);
        assertThat(RunState.of(json).atOnce(1, 2)).isEqualTo(768);
    }
}
