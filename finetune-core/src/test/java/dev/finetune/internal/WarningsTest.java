package dev.finetune.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.NOPLoggerFactory;

/** These tests run with slf4j-nop, so that nothing logs. */
class WarningsTest {
    private static String errors(Runnable action) {
        final PrintStream before = System.err;
        final ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            action.run();
        } finally {
            System.setErr(before);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    @Test
    void whereNothingLogsAWarningIsPrintedOnceUnlessItIsShownElsewhere() {
        assertThat(LoggerFactory.getILoggerFactory()).isInstanceOf(NOPLoggerFactory.class);
        final var log = LoggerFactory.getLogger(WarningsTest.class);

        assertThat(errors(() -> {
                    Warnings.say(log, "rows of WarningsTest twice");
                    Warnings.say(log, "rows of WarningsTest twice");
                    Warnings.say(log, "rows of WarningsTest shown", true);
                }))
                .isEqualToNormalizingNewlines("warning: rows of WarningsTest twice\n");
    }
}
