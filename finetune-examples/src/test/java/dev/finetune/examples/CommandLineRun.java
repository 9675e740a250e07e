package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A command that was run in this process.
 *
 * @param status 0 well, 1 failed, 2 wrong usage
 * @param lines what it printed
 * @param errors what it printed on the error stream
 */
public record CommandLineRun(int status, List<String> lines, String errors) {
    /** Runs a command. */
    public static CommandLineRun of(String... arguments) {
        final PrintStream out = System.out;
        final PrintStream err = System.err;
        final ByteArrayOutputStream printed = new ByteArrayOutputStream();
        final ByteArrayOutputStream failed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(failed, true, StandardCharsets.UTF_8));
        try {
            final int status = Main.run(arguments);
            return new CommandLineRun(
                    status,
                    printed.toString(StandardCharsets.UTF_8).lines().toList(),
                    failed.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    /** The same, which must end well. */
    public CommandLineRun well() {
        assertThat(status).as(errors).isZero();
        return this;
    }

    /** All that it printed. */
    public String text() {
        return String.join("\n", lines);
    }

    /** The JSON object of its last line. */
    public JsonObject json() {
        return JsonParser.parseString(lines.get(lines.size() - 1)).getAsJsonObject();
    }
}
