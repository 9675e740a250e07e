package dev.finetune.examples.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The benchmarks. */
@Command(
        name = "bench",
        description = "Benchmarks; each prints one JSON line last.",
        mixinStandardHelpOptions = true,
        subcommands = {
            AllCommand.class,
            BertStepCommand.class,
            ScaleCommand.class,
            ExchangeCommand.class,
            LmStepCommand.class,
            LmGenerateCommand.class,
            ResNetStepCommand.class,
            CompareCommand.class,
            ResultsCommand.class,
            ImagesBenchCommand.class,
            TokenizeCommand.class,
            PredictCommand.class,
            CallersCommand.class,
            ServerCommand.class,
            MemoryCommand.class,
            GrowthCommand.class,
            ForecastCommand.class,
            StreamRowsCommand.class
        })
public final class BenchCommand implements Runnable {
    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}
