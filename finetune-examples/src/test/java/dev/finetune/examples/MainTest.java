package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
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
        final List<String> all = new ArrayList<>(command);
        all.add(more);
        return CommandLineRun.of(all.toArray(new String[0]));
    }

    @Test
    void helpSaysDefaultsAndExitStatuses() {
        assertThat(CommandLineRun.of("text", "--help").well().text())
                .contains("Default: 5e-5", "Default: 3\n", "Default: 32", "Default: linear", "Default: classification");
        assertThat(CommandLineRun.of("--help").well().text()).contains("130", "143", "predict", "evaluate");
        final CommandLine commands = Main.commandLine();
        assertThat(usages(commands))
                .hasSizeGreaterThan(20)
                .allSatisfy(usage ->
                        assertThat(usage).doesNotContain("Optional", "Default: []", "Default: null", "E-", ".0\n"));
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

    private static List<String> usages(CommandLine command) {
        final List<String> all = new ArrayList<>(List.of(command.getUsageMessage()));
        command.getSubcommands().values().forEach(below -> all.addAll(usages(below)));
        return all;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bench memory --steps 0 | --steps 0: expected at least 500",
                "bench memory --from 0 | --from 0: expected at least 1",
                "bench bert-step --steps 0 | --steps 0: expected at least 1",
                "bench resnet-step --steps -3 | --steps -3: expected at least 1",
                "image-quickstart --pictures 0 | --pictures 0: expected at least 4",
                "predict --model nowhere a | --model nowhere: there is nothing at /",
                "evaluate --model nowhere --data b.csv | --model nowhere: there is nothing at /",
                "study texts --model nowhere --train TABLE --shots 8,x | --shots x: expected numbers",
                "study texts --model nowhere --train TABLE --shots 0 | --shots 0: expected numbers",
                "text --model nowhere --train TABLE --text-column -1 | Column -1: columns are counted from 0",
                "text --model nowhere --train TABLE --lr -1 | --lr must be",
                "text --model nowhere --train TABLE --max-length -1 | --max-length must be",
                "text --model nowhere --train TABLE --watch 99999 | --watch 99999: expected a port",
                "text --model nowhere --train TABLE --task words | --task words: there are",
                "text --model nowhere --train TABLE --ema 0.9 --swa 0.5 | --ema and --swa are two averages",
                "text --model nowhere --train TABLE --charset x | --charset x: there is no such encoding",
                "text --model nowhere --train TABLE --describe --watch --predict a | --describe ends without a training, so"
                        + " that --watch and --predict would do nothing",
                "text --model nowhere --train TABLE --dry-run --history h.csv | --dry-run ends without a training",
                "check --train TABLE --fail-on leaks | --fail-on leaks: there is no such kind",
                "quickstart --lr 0 | --lr must be",
                "similar --batch 0 | --batch must be",
                "chat --epochs -1 | --epochs must be",
                "summarise --epochs -1 | --epochs must be",
                "summarise --mails 0 | --mails 0: expected at least 1",
                "pretrain-lm --text TABLE --out OUT --max-length -1 | --max-length must be",
                "case fraud --epochs -1 | --epochs must be",
                "case tickets --epochs -1 | --epochs must be",
                "case tickets --per-intent 2000 | --per-intent 2000: expected at most 1000",
            })
    void numbersAndPlacesThatMeanNothingAreRefusedByTheirOptions(String arguments, String why, @TempDir Path folder)
            throws IOException {
        final Path table = folder.resolve("table.csv");
        Files.writeString(table, "text,label\n" + "good,a\nbad,b\n".repeat(40));
        final CommandLineRun run =
                CommandLineRun.of(arguments.replace("TABLE", table.toString()).split(" "));
        assertThat(run.errors()).startsWith("error: " + why).doesNotContain("\tat ");
        final boolean isOfThePlace = why.contains("there is nothing at");
        assertThat(run.status()).isEqualTo(isOfThePlace ? 1 : 2);
        assertThat(run.errors().contains("Usage: finetune")).isEqualTo(!isOfThePlace);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "quickstart",
                "image-quickstart",
                "similar",
                "chat",
                "summarise",
                "case lesions",
                "case fraud",
                "case tickets"
            })
    void aModelOfOthersIsNotReplacedAndWhatIsAdvisedCanBeDone(String command, @TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("config.json"), "{}");
        final CommandLineRun run = CommandLineRun.of((command + " --out " + folder).split(" "));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errors())
                .contains("wasn't saved by this library", "Choose another directory, or delete that one first.");
    }

    @Test
    void skippedRowsAreWarnedOfInTheWordsOfTheCommand(@TempDir Path folder) throws IOException {
        final Path table = folder.resolve("table.csv");
        Files.writeString(table, "text,label\n" + "good,a\nbad,b\n".repeat(3) + "lonely\n");
        final String said = CommandLineRun.of(
                        "text", "--model", folder.toString(), "--train", table.toString(), "--skip-bad-rows")
                .errors();
        assertThat(said)
                .contains("1 of 7 rows skipped")
                .doesNotContain("noHeader(")
                .doesNotContain("quoting(");
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
