package dev.finetune.examples;

import dev.finetune.FineTuner;
import dev.finetune.live.LiveReport;
import dev.finetune.trackers.HistoryFile;
import dev.finetune.trackers.MlFlow;
import dev.finetune.trackers.TensorBoard;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that say where else a training is shown. */
final class TrackerOptions {
    @Option(names = "--tensorboard", paramLabel = "DIR", description = "Write TensorBoard's event files there.")
    private Optional<Path> tensorBoard = Optional.empty();

    @Option(
            names = "--history",
            paramLabel = "FILE",
            description = "Append losses and metrics to that file, .csv or .jsonl.")
    private Optional<Path> history = Optional.empty();

    @Option(
            names = "--mlflow",
            paramLabel = "URI",
            description = "Record a run on that MLflow server; MLFLOW_TRACKING_TOKEN in the environment is its token.")
    private Optional<URI> mlFlow = Optional.empty();

    @Option(names = "--mlflow-experiment", paramLabel = "NAME", description = "The run's experiment.")
    private String experiment = "finetune";

    @Option(
            names = "--watch",
            paramLabel = "PORT",
            arity = "0..1",
            fallbackValue = "0",
            description =
                    "Show the training in a browser while it goes on, on that port of 127.0.0.1, or on any that is free."
                            + " The page is the report as far as it is; its address is printed.")
    private Optional<Integer> watch = Optional.empty();

    /** Those that were said. */
    List<String> said() {
        final Map<String, Optional<?>> all = new LinkedHashMap<>();
        all.put("--tensorboard", tensorBoard);
        all.put("--history", history);
        all.put("--mlflow", mlFlow);
        all.put("--watch", watch);
        return all.entrySet().stream()
                .filter(option -> option.getValue().isPresent())
                .map(Map.Entry::getKey)
                .toList();
    }

    /** The tuner with listeners for what was asked for. */
    FineTuner on(FineTuner tuner) {
        FineTuner watched = tuner;
        if (tensorBoard.isPresent()) {
            watched = watched.listener(TensorBoard.in(tensorBoard.get()));
        }
        if (history.isPresent()) {
            watched = watched.listener(history(history.get()));
        }
        if (mlFlow.isPresent()) {
            final MlFlow open = MlFlow.at(mlFlow.get(), experiment);
            final String token = System.getenv("MLFLOW_TRACKING_TOKEN");
            watched = watched.listener(token == null ? open : open.token(token));
        }
        if (watch.isPresent()) {
            watched = watched.listener(LiveReport.on(watch.get())
                    .opened(address -> System.out.println("this training is shown at " + address)));
        }
        return watched;
    }

    private static HistoryFile history(Path file) {
        final String name = file.toString();
        if (name.endsWith(".csv")) {
            return HistoryFile.csv(file);
        }
        if (name.endsWith(".jsonl")) {
            return HistoryFile.jsonLines(file);
        }
        throw new WrongUsage("--history " + file + ": expected a name that ends with .csv or .jsonl.");
    }
}
