package dev.finetune.examples.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.finetune.examples.CommandLineRun;
import org.junit.jupiter.api.Test;

/** The small version of what docs/reliability.md tells of a model in a server. */
class ServerTest {
    private static JsonObject asked(String... options) {
        final String[] all = new String[options.length + 2];
        all[0] = "bench";
        all[1] = "server";
        System.arraycopy(options, 0, all, 2, options.length);
        return CommandLineRun.of(all).well().json();
    }

    private static void assertRight(JsonObject json) {
        assertThat(json.get("wrong").getAsLong()).isZero();
        assertThat(json.get("largest_difference").getAsDouble()).isLessThan(1e-5);
        assertThat(json.get("training_steps").getAsInt()).isPositive();
        assertThat(json.get("steps_after_cancel").getAsInt()).isLessThanOrEqualTo(1);
    }

    @Test
    void manyThreadsGetTheAnswersThatOneGetsWhileAnotherModelIsTrained() {
        assertRight(asked("--requests", "1000"));
    }

    @Test
    void soDoThoseThatAskAboutPictures() {
        assertRight(asked("--requests", "200", "--pictures"));
    }
}
