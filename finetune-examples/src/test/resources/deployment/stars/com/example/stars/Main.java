package com.example.stars;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.TensorValues;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Exchanger;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Trains a family that the library doesn't know, keeps the best weights by its own metric, saves and loads it. */
public final class Main {
    private Main() {}

    private static Dataset<Visit> visits(int count, long seed) {
        Random random = new Random(seed);
        List<Example<Visit>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int stars = random.nextInt(6);
            List<Integer> events = new ArrayList<>();
            for (int j = 0; j < 3 + random.nextInt(4); j++) {
                events.add(1 + stars);
            }
            examples.add(new Example<>(new Visit(events), new Stars(stars)));
        }
        return Dataset.of(Visit.class, examples);
    }

    /** Writes into the directory that is named. */
    public static void main(String[] arguments) throws Exception {
        Path start = Files.createDirectories(Path.of(arguments[0], "start"));
        Files.writeString(start.resolve("config.json"), "{\"model_type\": \"stars\", \"events\": 8, \"hidden_size\": 16}");
        FineTuner tuner = FineTuner.from(start)
                .initialization(i -> i.randomWeights(true))
                .head(new Rating(5))
                .lr(0.02)
                .epochs(12)
                .keepBest("distance");
        Path saved = Path.of(arguments[0], "saved");
        Rated before;
        try (FineTuned<Visit> tuned = tuner.fit(visits(200, 1), visits(50, 2))) {
            double lowest = tuned.history().orElseThrow().epochs().stream()
                    .mapToDouble(epoch -> epoch.validation().orElseThrow().get("distance"))
                    .min()
                    .orElseThrow();
            System.out.println("kept the lowest: " + (tuned.evaluation().get("distance") == lowest));
            System.out.println("learned: " + (lowest < 0.2));
            before = tuned.predict(new Visit(List.of(4, 4, 4)), Rated.class);
            System.out.println("stars: " + before.stars());
            tuned.save(saved);
        }
        try (FineTuned<Visit> loaded = FineTuned.load(saved)) {
            Rated after = loaded.predict(new Visit(List.of(4, 4, 4)), Rated.class);
            System.out.println("same after loading: " + (after.logits().get(0)[0] == before.logits().get(0)[0]));
        }
        try (FineTuned<Visit> other = tuner.head(2).fit(visits(10, 3), visits(10, 4))) {
            throw new AssertionError(other);
        } catch (FinetuneException e) {
            System.out.println("refused: " + e.getMessage());
        }
        exchange();
    }

    private static void exchange() throws InterruptedException {
        Exchanger<Object> meeting = new Exchanger<>();
        Thread other = new Thread(() -> sums(new TwoThreads(1, meeting), 3, new float[] {30, 40}));
        other.start();
        System.out.println("exchanged: " + sums(new TwoThreads(0, meeting), 1, new float[] {1, 2}));
        other.join();
    }

    /** What both threads make of their numbers. */
    private static String sums(TwoThreads thread, double own, float[] gradient) {
        try (PointerScope scope = new PointerScope()) {
            Tensor tensor = torch.tensor(gradient);
            double all = thread.gather(ByteBuffer.allocate(Double.BYTES).putDouble(own).array()).stream()
                    .mapToDouble(each -> ByteBuffer.wrap(each).getDouble())
                    .sum();
            thread.sum(List.of(tensor));
            return all + " " + Arrays.toString(TensorValues.floats(tensor));
        }
    }
    }
}
