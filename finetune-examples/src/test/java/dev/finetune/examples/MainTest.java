package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What every command has: a version, defaults in its help, a short answer to wrong usage. */
class MainTest {
    @Test
    void everyCommandSaysItsVersion() {
        for (List<String> command : List.of(List.<String>of(), List.of("text"), List.of("bench", "memory"))) {
            final CommandLineRun run = run(command, "--version");
            assertThat(run.status()).isZero();
            assertThat(run.text())
                    .startsWith("finetune ")
                    .contains("Java " + Runtime.version().feature());
        }
    }

    private static CommandLineRun run(List<String> command, String more) {
        final List<String> all = new java.util.ArrayList<>(command);
        all.add(more);
        return CommandLineRun.of(all.toArray(new String[0]));
    }

    @Test
    void helpSaysDefaultsAndExitStatuses() {
        assertThat(CommandLineRun.of("text", "--help").well().text())
                .contains("Default: 5.0E-5", "Default: 32", "Default: linear", "Default: classification");
        assertThat(CommandLineRun.of("--help").well().text()).contains("130", "143", "predict", "evaluate");
        final CommandLine commands = Main.commandLine();
        commands.getSubcommands().forEach((name, command) -> {
            if (!command.getCommandSpec().options().isEmpty()
                    && command.getSubcommands().isEmpty()
                    && !name.equals("doctor")) {
                assertThat(command.getCommandSpec().usageMessage().showDefaultValues())
                        .as(name)
                        .isTrue();
            }
        });
    }

    @Test
    void wrongUsageIsAnsweredInAFewLines() {
        final CommandLineRun run = CommandLineRun.of("text", "--modle", "x", "--train", "y");
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errors().lines()).hasSizeBetween(2, 4);
        assertThat(run.errors()).contains("--model", "Usage: finetune text", "finetune text --help");
        assertThat(CommandLineRun.of("txet").errors()).contains("Did you mean", "finetune --help");
    }
}
