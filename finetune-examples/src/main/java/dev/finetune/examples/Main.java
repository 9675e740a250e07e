package dev.finetune.examples;

import dev.finetune.FineTuner;
import dev.finetune.FinetuneException;
import dev.finetune.examples.bench.BenchCommand;
import dev.finetune.examples.pretrain.PretrainCommand;
import dev.finetune.examples.pretrain.PretrainImagesCommand;
import dev.finetune.examples.pretrain.PretrainQuestionsCommand;
import dev.finetune.examples.study.StudyCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Runs the examples: {@code java -jar finetune.jar COMMAND}. */
@Command(
        name = "finetune",
        description = "Fine-tune pretrained models inside the JVM.",
        mixinStandardHelpOptions = true,
        subcommands = {
            QuickstartCommand.class,
            ImageQuickstart.class,
            TextCommand.class,
            ImagesCommand.class,
            PretrainCommand.class,
            PretrainQuestionsCommand.class,
            PretrainImagesCommand.class,
            BenchCommand.class,
            StudyCommand.class
        })
public final class Main implements Runnable {
    /** Runs a command and exits with its status: 0 well, 1 failed, 2 wrong usage. */
    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    static int run(String... arguments) {
        return new CommandLine(new Main())
                .setExecutionExceptionHandler((thrown, command, parsed) -> {
                    if (thrown instanceof FinetuneException) {
                        System.err.println("error: " + thrown.getMessage());
                        return 1;
                    }
                    throw thrown;
                })
                .execute(arguments);
    }

    @Command(name = "doctor", description = "Say what was found: natives, threads, GPU, caches.")
    void doctor() {
        System.out.println(FineTuner.doctor());
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}
