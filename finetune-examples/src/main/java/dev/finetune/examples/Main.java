package dev.finetune.examples;

import dev.finetune.FineTuner;
import dev.finetune.error.FinetuneException;
import dev.finetune.examples.bench.BenchCommand;
import dev.finetune.examples.cases.CaseCommand;
import dev.finetune.examples.pretrain.PretrainCommand;
import dev.finetune.examples.pretrain.PretrainImagesCommand;
import dev.finetune.examples.pretrain.PretrainLmCommand;
import dev.finetune.examples.pretrain.PretrainQuestionsCommand;
import dev.finetune.examples.study.StudyCommand;
import dev.finetune.internal.Warnings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Runs the examples: {@code java -jar finetune.jar COMMAND}. */
@Command(
        name = "finetune",
        description = "Fine-tune pretrained models inside the JVM.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "  0:well",
            "  1:failed",
            "  2:wrong usage: unknown options, values that can't be meant, options that contradict each other",
            "130:stopped by Ctrl-C (SIGINT), what was learned saved",
            "143:stopped by SIGTERM, likewise"
        },
        subcommands = {
            QuickstartCommand.class,
            ImageQuickstart.class,
            SimilarCommand.class,
            ChatCommand.class,
            SummariseCommand.class,
            CaseCommand.class,
            CheckCommand.class,
            TextCommand.class,
            LmCommand.class,
            GenerateCommand.class,
            ImagesCommand.class,
            PredictCommand.class,
            EvaluateCommand.class,
            ExplainCommand.class,
            CompareFitsCommand.class,
            ExportOnnxCommand.class,
            PretrainCommand.class,
            PretrainQuestionsCommand.class,
            PretrainImagesCommand.class,
            PretrainLmCommand.class,
            BenchCommand.class,
            StudyCommand.class
        })
public final class Main implements Runnable {
    /** Runs a command and exits with its status: see {@code --help}. */
    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    static int run(String... arguments) {
        return commandLine()
                .setParameterExceptionHandler((wrong, given) -> wrongUsage(wrong))
                .setExecutionExceptionHandler((thrown, command, parsed) -> {
                    if (thrown instanceof WrongUsage wrong) {
                        return wrongUsage(new ParameterException(
                                command, Advice.of(wrong.getMessage(), command.getCommandSpec())));
                    }
                    if (thrown instanceof FinetuneException told) {
                        System.err.println("error: " + Advice.of(told.getMessage(), command.getCommandSpec()));
                        return 1;
                    }
                    if (thrown instanceof IOException || thrown instanceof UncheckedIOException) {
                        System.err.println("error: a file or folder can't be read or written: " + thrown);
                        return 1;
                    }
                    throw thrown;
                })
                .setExecutionStrategy(Main::execute)
                .execute(arguments);
    }

    /** With warnings, too, in the words of the command. */
    private static int execute(CommandLine.ParseResult parsed) {
        CommandLine.ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        final CommandLine.Model.CommandSpec command = last.commandSpec();
        Warnings.say(message -> Advice.of(message, command));
        return new CommandLine.RunLast().execute(parsed);
    }

    /** The commands, each of which knows the version. */
    static CommandLine commandLine() {
        final CommandLine commands = new CommandLine(new Main());
        knowVersion(commands);
        PlainHelp.in(commands);
        return commands.setCaseInsensitiveEnumValuesAllowed(true);
    }

    private static void knowVersion(CommandLine command) {
        command.getCommandSpec().version(version());
        command.getSubcommands().values().forEach(Main::knowVersion);
    }

    private static String version() {
        final String version = Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                .orElse("(not from a jar, so without a version)");
        return "finetune " + version + ", Java " + Runtime.version().feature();
    }

    /** What was wrong, what may have been meant, and how the command is used, in three lines. */
    private static int wrongUsage(ParameterException wrong) {
        final CommandLine command = wrong.getCommandLine();
        final PrintWriter errors = command.getErr();
        errors.println("error: " + wrong.getMessage());
        UnmatchedArgumentException.printSuggestions(wrong, errors);
        final String name = command.getCommandSpec().qualifiedName();
        errors.println("Usage: " + name + " [OPTIONS]"
                + (command.getSubcommands().isEmpty() ? "" : " COMMAND") + "; " + name + " --help lists them.");
        errors.flush();
        return CommandLine.ExitCode.USAGE;
    }

    @Command(
            name = "doctor",
            description = "Say what was found: natives, threads, GPU, caches.",
            mixinStandardHelpOptions = true)
    void doctor() {
        System.out.println(FineTuner.doctor());
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}
