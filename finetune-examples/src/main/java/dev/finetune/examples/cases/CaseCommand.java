package dev.finetune.examples.cases;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The worked cases. */
@Command(
        name = "case",
        description =
                "Worked cases, each on data that is drawn or generated; docs/case-lesions.md and others explain them.",
        mixinStandardHelpOptions = true,
        subcommands = {LesionsCommand.class, FraudCommand.class, TicketsCommand.class})
public final class CaseCommand implements Runnable {
    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}
