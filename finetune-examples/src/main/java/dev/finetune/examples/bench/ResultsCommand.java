package dev.finetune.examples.bench;

import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.examples.WrongUsage;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What people get: scores of a real encoder on public sets, beside Python with the same settings, as a table. */
@Command(
        name = "results",
        description = "Fine-tune a real encoder on public sets beside Python with equal settings, a process a run, and"
                + " print a table. What is in the record already is not run again, so that it can be stopped and"
                + " gone on with.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class ResultsCommand implements Callable<Integer> {
    @Option(names = "--model", description = "The encoder: a directory, a model id, or the name of one in a jar.")
    private String model = "all-minilm-l6-v2";

    @Option(
            names = "--data",
            required = true,
            description =
                    "A folder with those of the sets, as their authors publish them: banking77 (train.csv, test.csv),"
                            + " cola (raw), sst2 (train.tsv, dev.tsv), wnut17.")
    private Path data = Path.of("");

    @Option(names = "--peer", description = "A Python with torch, transformers, peft, sentence-transformers.")
    private Optional<String> peer = Optional.empty();

    @Option(names = "--peer-script", description = "The script that it runs.")
    private Path script = Path.of("results_peer.py");

    @Option(names = "--record", description = "Where runs are kept, a line of JSON each.")
    private Path record = Path.of("results.jsonl");

    @Option(names = "--seeds", split = ",", description = "Seeds, one run of each side each.")
    private List<Long> seeds = List.of(1L, 2L, 3L);

    @Option(names = "--rows", description = "Training rows at most, the same for all; 0 for all.")
    private int rows;

    @Option(names = "--eval-rows", description = "Evaluated rows at most; 0 for all.")
    private int evaluationRows;

    @Option(names = "--epochs", description = "Passes over the rows.")
    private double epochs = 3;

    @Option(names = "--max-length", description = "The longest input in tokens.")
    private int maxLength = 128;

    @Option(names = "--only", split = ",", description = "Only rows of these names.")
    private List<String> only = List.of();

    @Option(names = "--not-grouped", description = "Run ours with each batch padded as a whole, too.")
    private boolean notGrouped;

    @Override
    public Integer call() throws IOException, InterruptedException {
        final ResultsRecord done = new ResultsRecord(record);
        final List<Wanted> missing = new ArrayList<>();
        for (ResultsRow row : chosen()) {
            for (long seed : seeds) {
                for (String side : sides(row)) {
                    final Wanted wanted = new Wanted(row, run(row, side, seed));
                    if (!done.has(wanted.run)) {
                        missing.add(wanted);
                    }
                }
            }
        }
        if (!missing.isEmpty()) {
            final Path work = TemporaryFolder.create("finetune-results");
            final ResultsData files = new ResultsData(data, work);
            final Path saved = saved(work.resolve("model"));
            for (Wanted wanted : missing) {
                done.add(measured(wanted, files, saved));
            }
        }
        done.table().forEach(System.out::println);
        return 0;
    }

    /** A run that is still to be made; its figures are 0. */
    private record Wanted(ResultsRow row, ResultsRecord.Run run) {}

    private ResultsRecord.Run run(ResultsRow row, String side, long seed) {
        return new ResultsRecord.Run(
                row.name(), side, seed, row.shots() > 0 ? 0 : rows, evaluationRows, epochs, 0, 0, 0);
    }

    /** The encoder as both sides start from it. */
    private Path saved(Path directory) {
        try (FineTuned<Text> base =
                FineTuner.from(model).head(Heads.features(Pooling.MEAN)).untrained(Text.class)) {
            base.save(directory);
        }
        return directory;
    }

    private List<ResultsRow> chosen() {
        final List<ResultsRow> all = ResultsRow.all();
        final List<ResultsRow> some = new ArrayList<>();
        for (String name : only) {
            some.add(all.stream()
                    .filter(row -> row.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new WrongUsage("--only " + name + ": there are "
                            + all.stream().map(ResultsRow::name).toList() + ".")));
        }
        return only.isEmpty() ? all : some;
    }

    private List<String> sides(ResultsRow row) {
        return Stream.of(ResultsRecord.OURS, ResultsRecord.SHUFFLED, ResultsRecord.PEER)
                .filter(side -> !side.equals(ResultsRecord.SHUFFLED) || notGrouped && !row.isStudy())
                .filter(side -> !side.equals(ResultsRecord.PEER) || peer.isPresent() && row.hasPeer())
                .toList();
    }

    private ResultsRecord.Run measured(Wanted wanted, ResultsData files, Path saved)
            throws IOException, InterruptedException {
        final ResultsRow row = wanted.row;
        final ResultsRecord.Run run = wanted.run;
        final ResultsRow.Common common = new ResultsRow.Common(epochs, maxLength);
        final Path train = files.train(row, rows, run.seed());
        final Path evaluation = files.evaluation(row, evaluationRows);
        final Job.Measured job = run.side().equals(ResultsRecord.PEER)
                ? Job.measure(
                        List.of(peer.orElseThrow(), script.toString()),
                        row.peers(saved, train, evaluation, common, run.seed()),
                        false)
                : Job.measure(
                        row.isStudy() ? with(Job.ours("study"), "texts") : Job.ours("text"),
                        row.ours(
                                saved,
                                train,
                                evaluation,
                                common,
                                run.seed(),
                                run.side().equals(ResultsRecord.OURS)),
                        false);
        final double score = row.share(score(row, job.json()), run.side());
        System.err.printf(
                Locale.ROOT,
                "%s, %s, seed %d: %.4f in %.0f s%n",
                row.name(),
                run.side(),
                run.seed(),
                score,
                job.seconds());
        return run.with(
                score,
                Math.round(job.seconds() * 10) / 10.0,
                job.json().has("peak_rss_mb") ? job.json().get("peak_rss_mb").getAsDouble() : 0);
    }

    private static List<String> with(List<String> words, String more) {
        return Stream.concat(words.stream(), Stream.of(more)).toList();
    }

    /** A study tells of its runs, a training of its evaluation. */
    private static double score(ResultsRow row, JsonObject json) {
        return json.has("runs")
                ? json.getAsJsonArray("runs")
                        .get(0)
                        .getAsJsonObject()
                        .get("accuracy")
                        .getAsDouble()
                : json.getAsJsonObject("evaluation").get(row.metric()).getAsDouble();
    }
}
