package dev.finetune;

import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.internal.Listed;
import dev.finetune.metrics.Metrics;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Many tasks over one base in memory: adapters in PEFT's format, each with its own head, chosen by name with every
 * request. What the adapters leave as it was is held once; an adapter costs its additions and its head only.
 *
 * <pre>{@code
 * try (Adapters<Text> tasks = Adapters.over(FineTuner.from("bert-base-uncased"), Text.class)) {
 *     tasks.add("mood", Heads.classes("sad", "glad"), Path.of("mood-adapter"));
 *     tasks.add("topic", Heads.classes("sports", "politics"), Path.of("topic-adapter"));
 *     tasks.predict("mood", Text.of("What a day!"));
 * }
 * }</pre>
 *
 * <p>Thread-safe: requests to any of them may run at once, while others are added and removed. Holds native memory until
 * it is closed.
 *
 * @param <I> the kind of input
 */
public final class Adapters<I> implements AutoCloseable {
    private final FineTuner base;
    private final Class<I> inputType;
    private final Map<String, FineTuned<I>> models = new ConcurrentSkipListMap<>();

    private Adapters(FineTuner base, Class<I> inputType) {
        this.base = base;
        this.inputType = inputType;
    }

    /**
     * {@return a set, yet empty, of adapters over a base whose settings (length, device, batch size) are those of all of them}
     *
     * @param <I> the kind of input
     * @param base what all adapters are put on
     * @param inputType what the base reads, such as {@code Text.class}
     */
    public static <I> Adapters<I> over(FineTuner base, Class<I> inputType) {
        Objects.requireNonNull(base, "base");
        Objects.requireNonNull(inputType, "inputType");
        return new Adapters<>(base, inputType);
    }

    /**
     * Loads an adapter, with the calibration that it was saved with.
     *
     * @param name what requests call it
     * @param head what it predicts: PEFT's format doesn't hold the labels
     * @param directory with adapter_config.json and adapter_model.safetensors
     * @throws FinetuneException if there is one of that name, if it can't be read or doesn't fit the base, or if neither of
     *     them has the head's weights
     */
    public synchronized void add(String name, Head head, Path directory) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(head, "head");
        Objects.requireNonNull(directory, "directory");
        if (models.containsKey(name)) {
            throw new FinetuneException(
                    "There is an adapter \"" + name + "\" already; remove(\"" + name + "\") first.");
        }
        final FineTuned<I> loaded = base.head(head).adapter(directory).untrained(inputType);
        final List<String> random = loaded.random();
        if (!random.isEmpty()) {
            loaded.close();
            throw new FinetuneException("Neither the base nor the adapter in " + directory + " has "
                    + Listed.few(random) + ", so that predictions would be random: train with adapter(...) and"
                    + " this head first, or add an adapter that was saved with its head.");
        }
        models.values().stream().findFirst().ifPresent(loaded::shareFrozen);
        models.put(name, loaded);
    }

    /**
     * Closes an adapter; requests that run with it end first.
     *
     * @param name of an adapter that was added
     */
    public void remove(String name) {
        Objects.requireNonNull(name, "name");
        final FineTuned<I> model;
        synchronized (this) {
            model = model(name);
            models.remove(name);
        }
        model.close();
    }

    /** {@return the names of the adapters, sorted} */
    public Set<String> names() {
        return new TreeSet<>(models.keySet());
    }

    /**
     * {@return what an adapter's model says of one input}
     *
     * @param name of an adapter that was added
     * @param input of the kind that the base reads
     */
    public Prediction predict(String name, I input) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(input, "input");
        return model(name).predict(input);
    }

    /**
     * {@return what an adapter's model says of each input, in order}
     *
     * @param name of an adapter that was added
     * @param inputs of the kind that the base reads
     */
    public List<Prediction> predict(String name, List<I> inputs) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(inputs, "inputs");
        return model(name).predict(inputs);
    }

    /**
     * {@return loss and metrics of an adapter's model on labelled data}
     *
     * @param name of an adapter that was added
     * @param dataset labelled examples
     */
    public Metrics evaluate(String name, Dataset<I> dataset) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(dataset, "dataset");
        return model(name).evaluate(dataset);
    }

    private FineTuned<I> model(String name) {
        final FineTuned<I> model = models.get(name);
        if (model == null) {
            throw new FinetuneException("There is no adapter \"" + name + "\"; there are " + models.keySet() + ".");
        }
        return model;
    }

    @Override
    public synchronized void close() {
        models.values().forEach(FineTuned::close);
        models.clear();
    }
}
