package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.Embedder;
import dev.finetune.FineTuner;
import dev.finetune.error.FinetuneException;
import dev.finetune.examples.ShippedFiles;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.examples.WrongUsage;
import dev.finetune.head.Pooling;
import dev.finetune.internal.torch.OneCore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How many requests a second one model answers to one caller, and to several at once. */
@Command(
        name = "callers",
        description = "Time the requests of several threads to one model.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class CallersCommand implements Callable<Integer> {
    private static final List<String> TEXTS = List.of(
            "a gripping story, told without haste",
            "the second half is far too long and the jokes are old",
            "nobody in the hall laughed",
            "one of the best films of this year, with a wonderful score");

    @Option(names = "--model", description = "A directory of an encoder; the shipped one if left out.")
    private Optional<Path> model = Optional.empty();

    @Option(names = "--callers", split = ",", description = "How many threads ask at once, one run each.")
    private List<Integer> callers = List.of(1, 2, 4, 16, 64);

    @Option(names = "--seconds", description = "How long each run takes.")
    private int seconds = 1;

    @Option(
            names = "--rounds",
            description = "How often each number of callers has its run, in turns: the machine's speed drifts.")
    private int rounds = 9;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (seconds < 1 || rounds < 1 || callers.stream().anyMatch(count -> count < 1)) {
            throw new WrongUsage("--seconds, --rounds and --callers must be at least 1.");
        }
        final Path encoder =
                model.isPresent() ? model.get() : ShippedFiles.encoder(TemporaryFolder.create("finetune-callers"));
        try (Embedder<String> embedder = FineTuner.from(encoder).embedder(Pooling.MEAN)) {
            for (int count : callers) {
                run(embedder, count, 1, false); // Until the code is compiled.
            }
            final List<Round> all = new ArrayList<>();
            for (int i = 0; i < rounds; i++) {
                final double alone = run(embedder, 1, seconds, true).rate();
                final List<Point> points = new ArrayList<>();
                for (int count : callers) {
                    points.add(run(embedder, count, seconds, false));
                }
                all.add(new Round(alone, points));
            }
            print(all);
        }
        return 0;
    }

    private void print(List<Round> all) {
        final double alone = median(all, Round::oneCore);
        System.out.printf(Locale.ROOT, "one caller on one core: %.0f requests a second%n", alone);
        System.out.println("callers  requests/s  of fewer callers' best  of one on one core  p50 ms  p99 ms");
        final JsonArray points = new JsonArray();
        double best = 0;
        for (int i = 0; i < callers.size(); i++) {
            final int at = i;
            final JsonObject point = new JsonObject();
            point.addProperty("callers", callers.get(at));
            final double rate = median(all, round -> round.points.get(at).rate());
            point.addProperty("requests_per_s", rate);
            point.addProperty("of_fewer_callers_best", at == 0 ? 1 : rate / best);
            best = Math.max(best, rate);
            point.addProperty(
                    "of_one_core", median(all, round -> round.points.get(at).rate() / round.oneCore));
            point.addProperty(
                    "p50_ms", median(all, round -> round.points.get(at).milliseconds(0.5)));
            point.addProperty(
                    "p99_ms", median(all, round -> round.points.get(at).milliseconds(0.99)));
            points.add(point);
            System.out.printf(
                    Locale.ROOT,
                    "%7d  %10.0f  %22.2f  %18.2f  %6.1f  %6.1f%n",
                    callers.get(at),
                    point.get("requests_per_s").getAsDouble(),
                    point.get("of_fewer_callers_best").getAsDouble(),
                    point.get("of_one_core").getAsDouble(),
                    point.get("p50_ms").getAsDouble(),
                    point.get("p99_ms").getAsDouble());
        }
        final JsonObject json = new JsonObject();
        json.addProperty("what", "callers");
        json.addProperty("one_core_requests_per_s", alone);
        json.add("points", points);
        System.out.println(new Gson().toJson(json));
    }

    private static double median(List<Round> all, ToDoubleFunction<Round> value) {
        final double[] sorted = all.stream().mapToDouble(value).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /** What each number of callers had, one soon after the other. */
    private record Round(double oneCore, List<Point> points) {}

    /**
     * What a run gave.
     *
     * @param nanos that each request took, the shortest first
     */
    private record Point(List<Long> nanos, double seconds) {
        double rate() {
            return nanos.size() / seconds;
        }

        double milliseconds(double share) {
            return nanos.get((int) (share * (nanos.size() - 1))) / 1e6;
        }
    }

    private static Point run(Embedder<String> embedder, int callers, int seconds, boolean oneCore)
            throws InterruptedException {
        final ExecutorService threads = Executors.newFixedThreadPool(callers);
        try {
            final long start = System.nanoTime();
            final long end = start + seconds * 1_000_000_000L;
            final List<Future<List<Long>>> running = new ArrayList<>();
            for (int i = 0; i < callers; i++) {
                running.add(threads.submit(() -> oneCore ? onOneCore(embedder, end) : ask(embedder, end)));
            }
            final List<Long> nanos = new ArrayList<>();
            for (Future<List<Long>> future : running) {
                nanos.addAll(future.get());
            }
            nanos.sort(null);
            return new Point(nanos, (System.nanoTime() - start) / 1e9);
        } catch (ExecutionException e) {
            final Throwable cause = Objects.requireNonNull(e.getCause());
            throw new FinetuneException("A request failed: " + cause.getMessage(), cause);
        } finally {
            threads.shutdown();
        }
    }

    private static List<Long> onOneCore(Embedder<String> embedder, long end) {
        try (OneCore one = OneCore.use()) {
            return ask(embedder, end);
        }
    }

    private static List<Long> ask(Embedder<String> embedder, long end) {
        final List<Long> nanos = new ArrayList<>();
        for (long now = System.nanoTime(); now < end; ) {
            embedder.embed(TEXTS.get(nanos.size() % TEXTS.size()));
            final long done = System.nanoTime();
            nanos.add(done - now);
            now = done;
        }
        return nanos;
    }
}
