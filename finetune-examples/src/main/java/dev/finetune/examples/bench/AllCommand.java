package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.examples.WrongUsage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What training costs here and with PyTorch and Transformers, row by row, in turn: a pair of processes is ours and the
 * peer's, one after the other, and the ratio of a row is the median over its pairs.
 */
@Command(
        name = "all",
        description = "Run every row of the speed table against a peer, in turn, and say which bar is met.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class AllCommand implements Callable<Integer> {
    @Option(names = "--peer", description = "The peer's Python. Without it ours are run alone.")
    private Optional<String> peer = Optional.empty();

    @Option(names = "--peer-scripts", description = "The folder of the peer's scripts.")
    private Path scripts = Path.of(".");

    @Option(names = "--train", required = true, description = "A TSV file with the columns sentence and label.")
    private Path train = Path.of("train.tsv");

    @Option(names = "--eval", required = true, description = "Another one, to evaluate on after each epoch.")
    private Path evaluation = Path.of("dev.tsv");

    @Option(names = "--pictures", description = "A folder with train and val, a folder per class in each.")
    private Optional<Path> pictures = Optional.empty();

    @Option(names = "--pairs", description = "Pairs of runs of each row.")
    private int pairs = 5;

    @Option(names = "--only", description = "Run only the rows whose name contains this.")
    private String only = "";

    @Option(
            names = "--device",
            description =
                    "cpu, which hides GPUs from both sides, or cuda: jobs and predictions then take the GPU by default.")
    private String device = "cpu";

    @Option(names = "--dtype", description = "float32 or bfloat16: the precision of both sides' steps.")
    private String dtype = "float32";

    @Option(names = "--quick", description = "Tiny shapes and few rows: to see that it works.")
    private boolean quick;

    @Override
    public Integer call() throws IOException, InterruptedException {
        final Path folder = TemporaryFolder.create("finetune-bench");
        final JsonArray rows = new JsonArray();
        System.out.println("| work | ours | peer | ratio | bar | | memory, ours | peer | ratio |");
        System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        for (SpeedRow row : new SpeedRows(folder, train, evaluation, pictures, gpu(), dtype, quick).all()) {
            if (row.name().contains(only)) {
                final SpeedResult result = run(row);
                System.out.println(result.line(row));
                rows.add(result.json(row));
            }
        }
        final JsonObject json = new JsonObject();
        json.addProperty("what", "bench_all");
        json.addProperty("pairs", pairs);
        json.add("rows", rows);
        System.out.println(new Gson().toJson(json));
        return 0;
    }

    private boolean gpu() {
        if (!List.of("cpu", "cuda").contains(device)) {
            throw new WrongUsage("--device " + device + ": there are cpu and cuda.");
        }
        return device.equals("cuda");
    }

    private SpeedResult run(SpeedRow row) throws IOException, InterruptedException {
        final List<SpeedResult.Pair> measured = new ArrayList<>();
        for (int i = 0; i < pairs; i++) {
            final Job.Measured ours = Job.measure(Job.ours(row.command()), row.ours(), gpu());
            Optional<Job.Measured> best = Optional.empty();
            if (peer.isPresent()) {
                for (List<String> options : row.peers()) {
                    final Job.Measured theirs = Job.measure(
                            List.of(peer.get(), scripts.resolve(row.script()).toString()), options, gpu());
                    best = best.filter(other -> row.rate(other) >= row.rate(theirs))
                            .or(() -> Optional.of(theirs));
                }
            }
            final SpeedResult.Pair pair = new SpeedResult.Pair(ours, best);
            System.err.printf(Locale.ROOT, "%s, pair %d: %s%n", row.name(), i + 1, pair.describe(row));
            measured.add(pair);
        }
        return new SpeedResult(measured);
    }
}
