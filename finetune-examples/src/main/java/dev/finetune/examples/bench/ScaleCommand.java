package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.distributed.KeptPort;
import dev.finetune.distributed.Processes;
import dev.finetune.examples.WrongUsage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Training by one, two and more processes of one thread each on this machine, and the model of a step's time. */
@Command(
        name = "scale",
        description = "Time the training step of BERT-base by 1, 2 and 4 processes of one thread each on this machine.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class ScaleCommand implements Callable<Integer> {
    private static final double BYTES_OF_A_RANK = 12 * 2 * 2 * 768 * 4.0;
    private static final double BYTES_OF_HEAD = (2 * 768 + 2) * 4.0;

    @Option(names = "--processes", split = ",", description = "How many to compare with one.")
    private List<Integer> counts = List.of(2, 4);

    @Option(names = "--lora", split = ",", description = "Ranks of LoRA; 0 trains everything.")
    private List<Integer> ranks = List.of(0, 8);

    @Option(names = "--batch", description = "Rows of a process.")
    private int batch = 8;

    @Option(names = "--seq", description = "Tokens in a row.")
    private int length = 128;

    @Option(names = "--steps", description = "Steps that count.")
    private int steps = 5;

    @Option(
            names = "--expect",
            description =
                    "Measure nothing: print what is expected of machines, from the steps that --alone, --half and --beside say.")
    private boolean expects;

    @Option(names = "--alone", description = "With --expect: milliseconds of a step of BERT-base by one process.")
    private Optional<Double> aloneMillis = Optional.empty();

    @Option(names = "--half", description = "With --expect: the same with half as many rows.")
    private Optional<Double> halfMillis = Optional.empty();

    @Option(
            names = "--beside",
            description = "With --expect: the same with all rows, while another process does so on this machine.")
    private Optional<Double> besideMillis = Optional.empty();

    @Option(
            names = "--peer",
            description = "The peer's Python, for DistributedDataParallel. Without it ours are run alone.")
    private Optional<String> peer = Optional.empty();

    @Option(names = "--peer-scripts", description = "The folder of the peer's scripts.")
    private Path scripts = Path.of("finetune-examples/src/bench");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final JsonArray rows = new JsonArray();

    private Optional<ScaleForecast> forecast = Optional.empty();

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (expects) {
            refuseMeasuring();
            forecast = Optional.of(said());
        } else {
            if (Stream.of(aloneMillis, halfMillis, besideMillis).anyMatch(Optional::isPresent)) {
                throw new WrongUsage("--alone, --half and --beside are for --expect, which measures nothing");
            }
            measure();
        }
        forecast.ifPresentOrElse(
                expected -> expected.lines().forEach(System.out::println),
                () -> System.out.println("Of more machines nothing is expected: that takes all of BERT-base (--lora 0)"
                        + " and two processes among --processes."));
        final JsonObject json = new JsonObject();
        json.addProperty("what", "scale");
        json.add("rows", rows);
        System.out.println(new Gson().toJson(json));
        return 0;
    }

    private void refuseMeasuring() {
        Stream.of("--processes", "--lora", "--seq", "--steps", "--peer", "--peer-scripts")
                .filter(spec.commandLine().getParseResult()::hasMatchedOption)
                .findFirst()
                .ifPresent(option -> {
                    throw new WrongUsage(option + " is for measuring, and --expect measures nothing");
                });
    }

    /** By the steps of docs/scale.md, where none are given. */
    private ScaleForecast said() {
        final List<Optional<Double>> given = List.of(aloneMillis, halfMillis, besideMillis);
        if (given.stream().allMatch(Optional::isEmpty) && batch == ScaleForecast.ROWS) {
            return ScaleForecast.measured();
        }
        if (given.stream().anyMatch(Optional::isEmpty)) {
            throw new WrongUsage(
                    "--expect of other steps than those of docs/scale.md takes --alone, --half and --beside,"
                            + " in milliseconds, all three of --batch " + batch + " rows");
        }
        final double alone = aloneMillis.orElseThrow();
        final double half = halfMillis.orElseThrow();
        final double beside = besideMillis.orElseThrow();
        if (batch < 2) {
            throw new WrongUsage(
                    "Expected --batch of 2 rows at least, of which --half has half as many; found " + batch);
        }
        if (!(half > 0 && half < alone && alone < 2 * half && beside >= alone)) {
            throw new WrongUsage(
                    "Expected --half below --alone, and above its half, and --beside not below --alone; found " + half
                            + ", " + alone + " and " + beside);
        }
        return new ScaleForecast(ScaleModel.of(batch, alone / 1e3, half / 1e3), batch, beside / alone);
    }

    private void measure() throws IOException, InterruptedException {
        System.out.println("| work | processes | rows each | ms a step | samples/s | times one process | the model |");
        System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
        final Map<Integer, ScaleModel.Exchange> exchanges = new TreeMap<>();
        for (int count : counts) {
            exchanges.put(count, exchange(count));
        }
        for (int rank : ranks) {
            compare(rank, exchanges);
            if (peer.isPresent()) {
                comparePeer(rank);
            }
        }
        exchanges.forEach((count, exchange) -> System.out.printf(
                Locale.ROOT,
                "Exchange among %d: %.2f ms and %.2f GB/s of gradients%n",
                count,
                exchange.latency() * 1e3,
                exchange.bandwidth() / 1e9));
    }

    private void compare(int rank, Map<Integer, ScaleModel.Exchange> exchanges)
            throws IOException, InterruptedException {
        final String work = rank == 0 ? "all of BERT-base" : "LoRA " + rank;
        final double bytes = rank == 0 ? ScaleForecast.BYTES_OF_ALL : rank * BYTES_OF_A_RANK + BYTES_OF_HEAD;
        final double alone = step(rank, batch, 1, Optional.empty());
        row(work, 1, batch, alone, alone / batch, Optional.empty());
        final double half = step(rank, batch / 2, 1, Optional.empty());
        row(work, 1, batch / 2, half, alone / batch, Optional.empty());
        final ScaleModel model = ScaleModel.of(batch, alone, half);
        for (int count : counts) {
            final double beside = step(rank, batch, count, Optional.empty()) / alone;
            if (rank == 0 && count == 2) {
                forecast = Optional.of(new ScaleForecast(model, batch, beside));
            }
            System.out.printf(
                    Locale.ROOT,
                    "| %s, each by itself beside %d others | | %d | %.0f | | | |%n",
                    work,
                    count - 1,
                    batch,
                    alone * beside * 1e3);
            final double exchange = Objects.requireNonNull(exchanges.get(count)).seconds(bytes);
            row(
                    work,
                    count,
                    batch,
                    step(rank, batch, count, Optional.of(GradientExchange.AUTO)),
                    alone / batch,
                    Optional.of(beside * model.compute(batch) + exchange));
            final int part = Math.max(1, batch / count);
            row(
                    work,
                    count,
                    part,
                    step(rank, part, count, Optional.of(GradientExchange.AUTO)),
                    alone / batch,
                    Optional.of(beside * model.compute(part) + exchange));
        }
        for (GradientExchange how : List.of(GradientExchange.NETWORK_AFTER, GradientExchange.NETWORK)) {
            final int count = counts.get(0);
            row(
                    work + ", --exchange " + how,
                    count,
                    batch,
                    step(rank, batch, count, Optional.of(how)),
                    alone / batch,
                    Optional.empty());
        }
        System.out.printf(
                Locale.ROOT,
                "%s: a step takes %.0f ms and %.1f ms a row%n",
                work,
                model.fixed() * 1e3,
                model.perRow() * 1e3);
    }

    private void comparePeer(int rank) throws IOException, InterruptedException {
        final String work = "DistributedDataParallel, " + (rank == 0 ? "all" : "LoRA " + rank);
        double alone = 0;
        final List<String> program =
                List.of(peer.orElseThrow(), scripts.resolve("ddp_step_peer.py").toString());
        for (int count = 1; count <= 2; count++) {
            final List<JsonObject> said = together(program, shape(rank, batch), count, true);
            final double step = said.get(0).get("ms_per_step").getAsDouble() / 1e3;
            alone = count == 1 ? step : alone;
            row(work, count, batch, step, alone / batch, Optional.empty());
        }
    }

    /** Seconds of a step. */
    private double step(int rank, int rowsEach, int count, Optional<GradientExchange> exchange)
            throws IOException, InterruptedException {
        final List<String> options = new ArrayList<>(List.of("bert-step"));
        options.addAll(shape(rank, rowsEach));
        exchange.ifPresent(how -> options.addAll(List.of("--distributed", "--exchange", how.toString())));
        double slowest = 0;
        for (JsonObject said : together(Job.ours("bench"), options, count, exchange.isPresent())) {
            slowest = Math.max(slowest, said.get("ms_per_step").getAsDouble() / 1e3);
        }
        return slowest;
    }

    private List<String> shape(int rank, int rowsEach) {
        return List.of(
                "--batch", Integer.toString(rowsEach),
                "--seq", Integer.toString(length),
                "--steps", Integer.toString(steps),
                "--warmup", "2",
                "--lora", Integer.toString(rank));
    }

    private static ScaleModel.Exchange exchange(int count) throws IOException, InterruptedException {
        final JsonObject said =
                together(Job.ours("bench"), List.of("exchange"), count, true).get(0);
        final NavigableMap<Double, Double> seconds = new TreeMap<>();
        for (String key : said.keySet()) {
            if (!key.equals("what")) {
                seconds.put(Double.valueOf(key), said.get(key).getAsDouble());
            }
        }
        System.err.println(count + " processes: MB and seconds of an exchange: " + seconds);
        return ScaleModel.Exchange.of(seconds);
    }

    private static List<JsonObject> together(List<String> program, List<String> options, int count, boolean exchanging)
            throws IOException, InterruptedException {
        try (KeptPort port = KeptPort.any()) {
            return Job.together(program, options, environments(count, exchanging, port.number()));
        }
    }

    private static List<Map<String, String>> environments(int count, boolean exchanging, int port) {
        final List<Map<String, String>> environments = new ArrayList<>();
        for (int rank = 0; rank < count; rank++) {
            final Map<String, String> one = new HashMap<>(Map.of("FINETUNE_THREADS", "1", "OMP_NUM_THREADS", "1"));
            if (exchanging) {
                one.putAll(Processes.of(rank, count, "127.0.0.1", port).environment());
            }
            environments.add(one);
        }
        return environments;
    }

    private void row(String work, int count, int rowsEach, double step, double aloneARow, Optional<Double> predicted) {
        final double rate = count * rowsEach / step;
        System.out.printf(
                Locale.ROOT,
                "| %s | %d | %d | %.0f | %.2f | %.2f | %s |%n",
                work,
                count,
                rowsEach,
                step * 1e3,
                rate,
                rate * aloneARow,
                predicted
                        .map(p -> String.format(Locale.ROOT, "%.0f ms", p * 1e3))
                        .orElse(""));
        final JsonObject json = new JsonObject();
        json.addProperty("work", work);
        json.addProperty("processes", count);
        json.addProperty("rows_each", rowsEach);
        json.addProperty("ms_per_step", step * 1e3);
        json.addProperty("samples_per_s", rate);
        json.addProperty("times_one", rate * aloneARow);
        rows.add(json);
    }
}
