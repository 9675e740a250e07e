package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.examples.WrongUsage;
import dev.finetune.vision.Image;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Whether one model answers many threads as it answers one, while another is trained beside it, and what that holds. */
@Command(
        name = "server",
        description = "Ask one model from many threads while a training runs beside it; every answer is checked.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class ServerCommand implements Callable<Integer> {
    @Option(names = "--threads", description = "How many threads ask.")
    private int threads = 64;

    @Option(names = "--requests", description = "How many requests are counted, after a quarter as many to warm up.")
    private int requests = 100_000;

    @Option(names = "--pictures", description = "Ask the shipped ResNet about pictures, not an encoder about texts.")
    private boolean pictures;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (threads < 1 || requests < threads) {
            throw new WrongUsage("--threads must be at least 1, and --requests as many as threads.");
        }
        final Path folder = TemporaryFolder.create("finetune-server");
        try (ServerFit fit = ServerFit.prepare(folder)) {
            if (pictures) {
                try (FineTuned<Image> model = ServerRequests.pictureModel(folder)) {
                    run(new ServerLoad<>(model, ServerRequests.pictures()), fit);
                }
            } else {
                try (FineTuned<Text> model = ServerRequests.textModel(folder)) {
                    run(new ServerLoad<>(model, ServerRequests.texts()), fit);
                }
            }
        }
        return 0;
    }

    private void run(ServerLoad<?> load, ServerFit fit) throws InterruptedException {
        try {
            fit.start();
            load.run(threads, requests / 4);
            final long before = resident();
            final ServerLoad.Counted counted = load.run(threads, requests);
            final long after = resident();
            final int steps = fit.steps();
            final int stepsAfter = fit.cancel();
            print(counted, before, after, steps, stepsAfter);
        } catch (ExecutionException e) {
            final Throwable cause = Objects.requireNonNull(e.getCause());
            throw new FinetuneException("A request or the training failed: " + cause, cause);
        }
    }

    private void print(ServerLoad.Counted counted, long before, long after, int steps, int stepsAfter) {
        System.out.printf(
                Locale.ROOT,
                "%d requests (%d inputs) of %d threads in %.1f s, %d training steps beside them%n",
                requests,
                counted.inputs(),
                threads,
                counted.seconds(),
                steps);
        System.out.printf(
                Locale.ROOT,
                "wrong answers: %d; largest difference of a logit: %.2g; resident: %d MB before, %d MB after (%+.1f %%)%n",
                counted.wrong(),
                counted.largestDifference(),
                before,
                after,
                100.0 * (after - before) / before);
        System.out.printf(Locale.ROOT, "steps of the training after it was cancelled: %d%n", stepsAfter);
        final JsonObject json = new JsonObject();
        json.addProperty("what", "server");
        json.addProperty("kind", pictures ? "pictures" : "texts");
        json.addProperty("threads", threads);
        json.addProperty("requests", requests);
        json.addProperty("inputs", counted.inputs());
        json.addProperty("wrong", counted.wrong());
        json.addProperty("largest_difference", counted.largestDifference());
        json.addProperty("seconds", counted.seconds());
        json.addProperty("resident_before_mb", before);
        json.addProperty("resident_after_mb", after);
        json.addProperty("training_steps", steps);
        json.addProperty("steps_after_cancel", stepsAfter);
        System.out.println(new Gson().toJson(json));
    }

    /** What the process holds, without garbage. */
    private static long resident() throws InterruptedException {
        System.gc();
        Thread.sleep(200);
        return ProcessFacts.residentMegabytes();
    }
}
