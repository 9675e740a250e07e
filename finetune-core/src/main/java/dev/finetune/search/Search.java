package dev.finetune.search;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.FunctionNames;
import dev.finetune.metrics.MetricOrder;
import dev.finetune.spi.Assembly;
import dev.finetune.task.DecidingMetric;
import dev.finetune.task.Task;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.RowEncoder;
import dev.finetune.train.RowsSum;
import dev.finetune.train.TensorSum;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Searches settings of a tuner: trains a model per trial, compares them on validation data, and tells the best.
 *
 * <pre>{@code
 * SearchResult result = Search.over(tuner)
 *         .logUniform("lr", 1e-5, 1e-3, FineTuner::lr)
 *         .choice("batch", List.of(8, 16, 32), FineTuner::batchSize)
 *         .integer("frozen", 0, 6, FineTuner::freeze)
 *         .halving(Halving.usual())
 *         .file(Path.of("search.jsonl"))
 *         .run(train, validation);
 * FineTuned<Text> tuned = result.best().fit(train, validation);
 * }</pre>
 *
 * <p>Immutable: every setting gives a new search. Equal seeds, data and machine give equal trials, one at a time; also
 * where a search was killed and goes on from its file.
 */
public final class Search {
    private static final String TRIALS = "trials.jsonl";

    private final FineTuner tuner;
    private final SearchDraft draft;

    private Search(FineTuner tuner, SearchDraft draft) {
        this.tuner = tuner;
        this.draft = draft;
    }

    /**
     * {@return a search over settings of a tuner, which are still to be named; what isn't named stays as the tuner has
     * it}
     *
     * @param tuner which stays as it is
     */
    public static Search over(FineTuner tuner) {
        return new Search(Objects.requireNonNull(tuner, "tuner"), new SearchDraft());
    }

    /**
     * A number from {@code low} to {@code high} whose logarithm is as likely anywhere: learning rates, weight decay.
     *
     * @param name what tables and files call it
     * @param low the least value, above 0
     * @param high the largest value, above the least
     * @param setting gives the tuner with a value, such as {@code FineTuner::lr}
     * @return a new search with that setting
     */
    public Search logUniform(String name, double low, double high, BiFunction<FineTuner, Double, FineTuner> setting) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(setting, "setting");
        return dimension(new Dimension.Real(name, low, high, true, setting));
    }

    /**
     * A number that is as likely anywhere from {@code low} to {@code high}.
     *
     * @param name what tables and files call it
     * @param low the least value
     * @param high the largest value, above the least
     * @param setting gives the tuner with a value, such as {@code
     *     (tuner, value) -> tuner.regularization(r -> r.dropout(value))}
     * @return a new search with that setting
     */
    public Search uniform(String name, double low, double high, BiFunction<FineTuner, Double, FineTuner> setting) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(setting, "setting");
        return dimension(new Dimension.Real(name, low, high, false, setting));
    }

    /**
     * A whole number from {@code low} to {@code high}, both included.
     *
     * @param name what tables and files call it
     * @param low the least value
     * @param high the largest value
     * @param setting gives the tuner with a value, such as {@code FineTuner::freeze}
     * @return a new search with that setting
     */
    public Search integer(String name, int low, int high, BiFunction<FineTuner, Integer, FineTuner> setting) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(setting, "setting");
        return dimension(new Dimension.Whole(name, low, high, setting));
    }

    /**
     * One of several values, which have no order.
     *
     * @param <T> the kind of value
     * @param name what tables and files call it
     * @param values at least one; their {@code toString} tells them apart in tables and files
     * @param setting gives the tuner with a value, such as {@code FineTuner::batchSize}
     * @return a new search with that setting
     */
    public <T> Search choice(String name, List<T> values, BiFunction<FineTuner, T, FineTuner> setting) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(values, "values");
        Objects.requireNonNull(setting, "setting");
        return dimension(new Dimension.Choice<>(name, values, setting));
    }

    private Search dimension(Dimension dimension) {
        if (draft.dimensions.stream().anyMatch(known -> known.name().equals(dimension.name()))) {
            throw new FinetuneException(
                    "There are two dimensions called \"" + dimension.name() + "\"; give each a name of its own.");
        }
        if (draft.dimensions.size() == Proposals.MOST_DIMENSIONS) {
            throw new FinetuneException("A search has at most " + Proposals.MOST_DIMENSIONS + " dimensions.");
        }
        return with(changed -> {
            changed.dimensions = new ArrayList<>(changed.dimensions);
            changed.dimensions.add(dimension);
        });
    }

    /**
     * How settings are chosen; {@link Sampler#tpe} by default.
     *
     * @param sampler one of {@link Sampler}'s
     * @return a new search with that setting
     */
    public Search sampler(Sampler sampler) {
        Objects.requireNonNull(sampler, "sampler");
        return with(changed -> changed.sampler = sampler);
    }

    /**
     * Stops bad trials early; by default all are trained to their end.
     *
     * @param halving at which evaluations trials are compared, and how many go on
     * @return a new search with that setting
     */
    public Search halving(Halving halving) {
        Objects.requireNonNull(halving, "halving");
        return with(changed -> changed.halving = Optional.of(halving));
    }

    /**
     * How many models are trained, those of an earlier run with the same file included; 20 by default.
     *
     * @param trials at least 1
     * @return a new search with that setting
     */
    public Search trials(int trials) {
        if (trials < 1) {
            throw new FinetuneException("A search needs at least 1 trial, not " + trials + ".");
        }
        return with(changed -> changed.trials = trials);
    }

    /**
     * Begins no trial after this time; the one under way is trained to its end. No limit by default.
     *
     * @param time above 0
     * @return a new search with that setting
     * @throws FinetuneException if it is not above 0
     */
    public Search maxTime(Duration time) {
        Objects.requireNonNull(time, "time");
        if (time.isZero() || time.isNegative()) {
            throw new FinetuneException("A search's maxTime must be above 0, but is " + time + ".");
        }
        return with(changed -> changed.maxTime = Optional.of(time));
    }

    /**
     * The metric that trials are compared by; the task's main metric by default. Running, one that there isn't is refused.
     *
     * @param metric one of the task's, such as "f1" or "loss"
     * @return a new search with that setting
     */
    public Search metric(String metric) {
        Objects.requireNonNull(metric, "metric");
        return with(changed -> changed.metric = Optional.of(metric));
    }

    /**
     * The seed of what is tried, 42 by default; the seed of training is the tuner's.
     *
     * @param seed any number
     * @return a new search with that setting
     */
    public Search seed(long seed) {
        return with(changed -> changed.seed = seed);
    }

    /**
     * Records each trial as a line of JSON when it has ended. A search that was killed goes on from there, without
     * training again what had ended; with more {@link #trials} an ended search goes on, too. Where the tuner writes {@link
     * FineTuner#checkpoints checkpoints}, trials under way go on, too, and without a file of its own the record is {@code
     * trials.jsonl} beside them.
     *
     * @param file made if it isn't there
     * @return a new search with that setting
     */
    public Search file(Path file) {
        Objects.requireNonNull(file, "file");
        return with(changed -> changed.file = Optional.of(file));
    }

    /**
     * Writes a page of HTML that shows the search: the best trial, what each setting did, all trials in their ranking with why some
     * were stopped, and how it was searched. Written anew whenever a trial has ended, so that it can be looked at on the way. A page
     * that can't be written then is warned of.
     *
     * <p>Needs the artifact dev.finetune:finetune-report.
     *
     * @param page a file that ends with .html, replaced if it is there; its folders are made. Running, a place where none can be
     *     written is refused before anything is trained
     * @return a new search with that setting
     */
    public Search report(Path page) {
        Objects.requireNonNull(page, "page");
        return with(changed -> changed.report = Optional.of(page));
    }

    /**
     * How many models are trained at once, 1 by default. More need so much more memory, and share the cores; what is tried
     * then depends on which ends first, but for the samplers that don't learn.
     *
     * @param trials at least 1
     * @return a new search with that setting
     */
    public Search parallel(int trials) {
        if (trials < 1) {
            throw new FinetuneException("A search trains at least 1 model at a time, not " + trials + ".");
        }
        return with(changed -> changed.parallel = trials);
    }

    /**
     * Is told of each trial when it has ended, on the thread that trained it.
     *
     * @param listener called once a trial
     * @return a new search with that setting
     */
    public Search onTrial(Consumer<Trial> listener) {
        Objects.requireNonNull(listener, "listener");
        return with(changed -> changed.listener = listener);
    }

    /**
     * What another thread stops the search with: the trials under way are dropped, those that ended count; so it is where
     * the thread that searches is interrupted, which it stays. The tuner's own cancellation isn't heard while it is
     * searched.
     *
     * @param cancellation which another thread may cancel
     * @return a new search with that setting
     */
    public Search cancellation(Cancellation cancellation) {
        Objects.requireNonNull(cancellation, "cancellation");
        return with(changed -> changed.cancellation = cancellation);
    }

    /**
     * Searches, each trial trained and evaluated as {@link FineTuner#fit(Dataset)} does.
     *
     * @param <I> the kind of input
     * @param dataset labelled examples
     * @return all trials, and the tuner with the best one's settings
     * @throws FinetuneException if settings, model and data don't fit together, if the file records another search, or if
     *     no trial came to its end
     */
    public <I> SearchResult run(Dataset<I> dataset) {
        Objects.requireNonNull(dataset, "dataset");
        return run(changed -> changed.fit(dataset), dataset, Optional.empty());
    }

    /**
     * Searches, each trial trained on one data set and evaluated on another.
     *
     * @param <I> the kind of input
     * @param train labelled examples to learn from
     * @param validation labelled examples to evaluate on, which are not learned from
     * @return all trials, and the tuner with the best one's settings
     * @throws FinetuneException if settings, model and data don't fit together, if the file records another search, or if
     *     no trial came to its end
     */
    public <I> SearchResult run(Dataset<I> train, Dataset<I> validation) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(validation, "validation");
        return run(changed -> changed.fit(train, validation), train, Optional.of(validation));
    }

    private <I> SearchResult run(
            Function<FineTuner, FineTuned<?>> fit, Dataset<I> train, Optional<Dataset<I>> validation) {
        if (draft.dimensions.isEmpty()) {
            throw new FinetuneException("There is nothing to search: name a setting, as in "
                    + "logUniform(\"lr\", 1e-5, 1e-3, FineTuner::lr).");
        }
        if (tuner.processes().isPresent()) {
            throw new FinetuneException("distributed(...) shares one training among processes, and a search trains many: leave it"
                    + " out there.");
        }
        if (tuner.report().isPresent()) {
            throw new FinetuneException("report(...) shows the training of one model, and a search trains many: say it"
                    + " of the search, which has a page of its own, or of result.best().");
        }
        final Optional<SearchPage> page = draft.report.map(file -> new SearchPage(file, train, validation));
        final MetricOrder metric;
        final SearchDraft settings = draft.copy();
        final JsonObject header = new JsonObject();
        try (FineTuned<I> model = tuner.untrained(train)) {
            final Task task = model.assembly().task();
            metric = task.order(draft.metric.orElse(task.mainMetric()));
            validation.ifPresent(data -> DecidingMetric.check(metric.metric(), task.labels(), data));
            settings.metric = Optional.of(metric.metric());
            if (isRecorded()) {
                describe(header, settings);
                describe(header, model.assembly(), train, validation);
            }
        }
        final Journal journal = journal(header);
        return new SearchRun(tuner, settings, metric, fit, journal, page).run();
    }

    /** The record of trials: in the file that was named, else beside checkpoints, if these are kept. */
    private Journal journal(JsonObject header) {
        final Optional<Checkpoints> checkpoints = tuner.checkpoints();
        final Optional<Path> file =
                draft.file.or(() -> checkpoints.map(all -> all.directory().resolve(TRIALS)));
        checkpoints.ifPresent(all -> prepare(all, file.orElseThrow()));
        return file.map(there -> Journal.open(there, header)).orElseGet(Journal::none);
    }

    /** What trials that had begun left counts, is in the way, or goes away. */
    private void prepare(Checkpoints checkpoints, Path file) {
        try {
            Files.createDirectories(checkpoints.directory());
            final boolean begun = Files.exists(file) && draft.file.isEmpty();
            if (begun && checkpoints.existing() == Checkpoints.Existing.REFUSE) {
                throw new FinetuneException(file + " is of a search that was begun before. Go on with it with"
                        + " checkpoints(Checkpoints.in(directory).resume()), begin anew over it with"
                        + " checkpoints(Checkpoints.in(directory).replace()), or name another directory.");
            }
            if (checkpoints.existing() == Checkpoints.Existing.REPLACE) {
                Files.deleteIfExists(file);
                for (int trial = 0; trial < draft.trials; trial++) {
                    Checkpoints.remove(
                            checkpoints.within(SearchRun.folder(trial)).directory());
                }
            }
        } catch (IOException e) {
            throw new FinetuneException(
                    checkpoints.directory() + ": the checkpoints of trials can't be kept there: " + e, e);
        }
    }

    private boolean isRecorded() {
        return draft.file.isPresent() || tuner.checkpoints().isPresent();
    }

    /** What must be the same for a search to go on: what is trained, and on what. */
    private static <I> void describe(
            JsonObject json, Assembly<I> model, Dataset<I> train, Optional<Dataset<I>> validation) {
        json.addProperty("model", TensorSum.of(model.network()));
        json.addProperty("train", rows(train, model));
        json.addProperty("validation", validation.map(data -> rows(data, model)).orElse("a part of the training data"));
    }

    /** A stream isn't read beforehand: it may have no end. */
    private static <I> String rows(Dataset<I> data, Assembly<I> model) {
        return data.size().isPresent() ? RowsSum.of(RowEncoder.encode(data, model.encoder())) : data.describe();
    }

    /** And how. */
    private void describe(JsonObject json, SearchDraft settings) {
        final JsonArray dimensions = new JsonArray();
        settings.dimensions.forEach(dimension -> dimensions.add(FunctionNames.hide(dimension.describe())));
        json.add("dimensions", dimensions);
        json.addProperty("sampler", settings.sampler.toString());
        json.addProperty("halving", settings.halving.map(Halving::toString).orElse("none"));
        json.addProperty("metric", settings.metric.orElseThrow());
        json.addProperty("seed", settings.seed);
        final JsonObject others = new JsonObject();
        withoutCheckpoints(tuner.describe())
                .lines()
                .forEach(
                        line -> others.addProperty(line.replaceFirst(": .*", ""), line.replaceFirst("^[^:]*:? ?", "")));
        json.add("tuner", others);
    }

    /** How often trials are saved changes none of them. */
    private static String withoutCheckpoints(String settings) {
        return settings.lines()
                .filter(line -> !line.startsWith("checkpoints: "))
                .collect(Collectors.joining("\n"));
    }

    private Search with(Consumer<SearchDraft> change) {
        final SearchDraft copy = draft.copy();
        change.accept(copy);
        return new Search(tuner, copy);
    }
}
