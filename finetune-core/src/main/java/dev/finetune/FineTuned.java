package dev.finetune;

import dev.finetune.calibration.Calibration;
import dev.finetune.calibration.DecisionMetric;
import dev.finetune.checkpoint.LoadReport;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import dev.finetune.explain.ExplanationMethod;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generation;
import dev.finetune.head.Prediction;
import dev.finetune.internal.Arguments;
import dev.finetune.internal.Warnings;
import dev.finetune.internal.run.AdapterFiles;
import dev.finetune.internal.run.Calibrating;
import dev.finetune.internal.run.Lifetime;
import dev.finetune.internal.run.ModelDirectory;
import dev.finetune.internal.run.ModelWriter;
import dev.finetune.internal.run.OnnxWriter;
import dev.finetune.internal.run.PackedBase;
import dev.finetune.internal.run.Predictor;
import dev.finetune.internal.run.PreferenceEvaluation;
import dev.finetune.internal.run.Trained;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.PeftMethod;
import dev.finetune.preference.PreferenceLoss;
import dev.finetune.report.LayerSummary;
import dev.finetune.report.Provenance;
import dev.finetune.spi.Assembly;
import dev.finetune.task.Task;
import dev.finetune.train.Cancellation;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingSettings;
import dev.finetune.train.WrittenSamples;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.LoggerFactory;

/**
 * A fine-tuned model: evaluates, predicts, saves. Thread-safe. Holds native memory until it is closed; used after that,
 * it throws an {@link IllegalStateException}.
 *
 * @param <I> the kind of input
 */
public final class FineTuned<I> implements AutoCloseable {
    private final Trained<I> trained;
    private final Predictor<I> predictor;
    private final Lifetime lifetime;
    private final List<PredictionListener> listeners;
    private final String device;

    FineTuned(Trained<I> trained) {
        this(trained, new Lifetime(), List.of());
    }

    private FineTuned(Trained<I> trained, Lifetime lifetime, List<PredictionListener> listeners) {
        this.listeners = listeners;
        this.trained = trained;
        this.predictor = new Predictor<>(trained.model(), trained.settings());
        this.lifetime = lifetime;
        this.device = trained.model().isOnCpu() ? "the CPU" : "a GPU";
    }

    /**
     * Loads a model that was saved by {@link #save}, or by Transformers. The kind of input is the one that the model and its
     * head read: Text, Words, Question or Image; it is checked at the first use ({@link #load(Path, Class)} checks it at once).
     *
     * @param <I> the kind of input
     * @param directory with config.json, weights, and the tokenizer's or preprocessor's files
     * @return the model, to be closed by the caller
     * @throws FinetuneException if the directory holds no model that can be read
     */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // Checked against the encoder at the first use.
    public static <I> FineTuned<I> load(Path directory) {
        Objects.requireNonNull(directory, "directory");
        return (FineTuned<I>) FineTuner.from(directory).saved();
    }

    /**
     * Loads a model as {@link #load(Path)}, for one kind of input, which is checked at once.
     *
     * @param <I> the kind of input
     * @param directory with config.json, weights, and the tokenizer's or preprocessor's files
     * @param inputType the kind of input, such as {@code Text.class}
     * @return the model, to be closed by the caller
     * @throws FinetuneException if the directory holds no model that can be read, or one that reads another kind of input
     */
    public static <I> FineTuned<I> load(Path directory, Class<I> inputType) {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(inputType, "inputType");
        return FineTuner.from(directory).untrained(inputType);
    }

    /**
     * {@return the metrics on the validation data after training, of the weights that were kept}
     *
     * @throws IllegalStateException if these weights were not evaluated: without validation data, for a model that was
     *     loaded, and where training was stopped or cancelled some steps after its last evaluation (unless the best weights are kept)
     */
    public Metrics evaluation() {
        return trained.evaluation()
                .orElseThrow(() -> new IllegalStateException("the weights of this model were not evaluated while it"
                        + " was trained" + (wasStopped() ? " (training was stopped before their evaluation)" : "")
                        + "; evaluate(dataset) does it now"));
    }

    private boolean wasStopped() {
        return trained.history().filter(history -> history.end().isByRequest()).isPresent();
    }

    /** {@return how training went; empty for a model that was loaded} */
    public Optional<TrainingHistory> history() {
        return trained.history();
    }

    /**
     * {@return what it wrote for rows of the validation data before training and after it; empty unless {@link
     * FineTuner#samples(int)} asked for it}
     */
    public Optional<WrittenSamples> samples() {
        return trained.samples();
    }

    /** {@return where the model comes from: base, settings, data, warnings} */
    public Provenance provenance() {
        return trained.provenance();
    }

    /** {@return how it was trained, or would be} */
    public TrainingSettings settings() {
        return trained.settings();
    }

    /** {@return the names of the outputs, in order; empty where they have none} */
    public List<String> labels() {
        return assembly().task().labels();
    }

    /** {@return what was loaded from the checkpoint, missing, left over, and newly initialised} */
    public LoadReport loadReport() {
        return assembly().report();
    }

    /** {@return the network layer by layer: shape, parameters, frozen or trained, and totals} */
    public String summary() {
        return use(() -> LayerSummary.of(assembly().network()));
    }

    /**
     * {@return loss and metrics on labelled data} A model that {@code fitPreferences} made takes pairs of answers, too, and gives what
     * its training reports: "loss", "reward_accuracy", "reward_margin" and so on. {@link dev.finetune.preference.Dpo} compares with the
     * model as it was before, which is loaded again for it, beside this one, until it was asked.
     *
     * @param dataset labelled examples
     * @throws FinetuneException if the data holds other inputs than the model reads, labels that don't fit its head, or no
     *     rows, and for features, which have no loss
     */
    public Metrics evaluate(Dataset<I> dataset) {
        Objects.requireNonNull(dataset, "dataset");
        return use(() -> trained.preferences()
                .filter(pairs -> PreferenceEvaluation.isOf(dataset))
                .map(pairs -> pairs.evaluate(dataset, trained.model()))
                .orElseGet(() -> predictor.evaluate(dataset)));
    }

    /**
     * {@return loss and metrics of pairs of answers, of which one is preferred, by a loss that may be another than the one that the model
     * learned by} "loss", "reward_accuracy", "reward_margin" and so on, as {@code fitPreferences} reports them. {@link
     * dev.finetune.preference.Orpo} compares with nothing, and so goes with every decoder that was loaded. {@link
     * dev.finetune.preference.Dpo} compares with the model as it was before {@code fitPreferences}, where that returned it; else with
     * the base alone, the adapter set aside for as long as that is asked, which waits for predictions under way.
     *
     * @param pairs prompts, each with two answers of which one is preferred
     * @param loss by which they are compared: {@code Dpo.beta(0.1)}, {@code Orpo.lambda(0.1)}
     * @throws FinetuneException for a model that isn't a decoder; for data that is a stream, has other labels, or no pair that can be
     *     compared; and if the loss compares with what the model was, and nothing of that is left: in a model that was trained, or saved,
     *     whole
     * @throws IllegalStateException if the adapter has to be set aside, and it is called from what this model's predict, evaluate or
     *     save calls or reads, or one of them goes on for more than a minute
     */
    public Metrics evaluate(Dataset<I> pairs, PreferenceLoss loss) {
        Objects.requireNonNull(pairs, "pairs");
        Objects.requireNonNull(loss, "loss");
        return PreferenceEvaluation.evaluate(pairs, trained, loss, lifetime);
    }

    /**
     * {@return the same model with honest probabilities: logits are divided by the temperature that makes the
     * likelihood of the validation data largest (Guo et al., 2017), which changes no decision} Fit it on data that the
     * model didn't learn from. "log_loss" and "ece" among the metrics are then those of the tempered probabilities,
     * while "loss" stays the loss of training; {@link #evaluation} is that of this data. Saved with the model. Both
     * share the native model: closing either closes it.
     *
     * @param validation labelled examples that the model didn't learn from
     * @throws FinetuneException if the head has no classes, or if all rows have the same label
     */
    public FineTuned<I> calibrate(Dataset<I> validation) {
        Objects.requireNonNull(validation, "validation");
        return with(use(() -> predictor.fit(validation, Calibrating::temperature)), validation);
    }

    /**
     * {@return the same as {@link #tuneThresholds(Dataset, DecisionMetric)} for F1}
     *
     * @param validation labelled examples that the model didn't learn from
     */
    public FineTuned<I> tuneThresholds(Dataset<I> validation) {
        Objects.requireNonNull(validation, "validation");
        return tuneThresholds(validation, DecisionMetric.f1());
    }

    /**
     * {@return the same model with other decisions: of two classes the second is chosen, of several labels at once each
     * is, from the probability on that makes a metric largest on the validation data} Evaluation and prediction obey
     * it, {@link #evaluation} is that of this data, and it is saved with the model. Both share the native model:
     * closing either closes it.
     *
     * @param validation labelled examples that the model didn't learn from
     * @param metric what is to be largest, such as {@link DecisionMetric#mcc()}
     * @throws FinetuneException if the head has no classes, or one of more than two, or if all rows have the same label
     */
    public FineTuned<I> tuneThresholds(Dataset<I> validation, DecisionMetric metric) {
        Objects.requireNonNull(validation, "validation");
        Objects.requireNonNull(metric, "metric");
        return with(use(() -> predictor.fit(validation, outputs -> outputs.thresholds(metric))), validation);
    }

    /** {@return what probabilities and decisions are calibrated with} */
    public Calibration calibration() {
        return assembly().task().calibration();
    }

    private FineTuned<I> with(Calibration calibration, Dataset<I> validation) {
        final Trained<I> calibrated = trained.calibrated(calibration);
        final Metrics metrics = use(() -> new Predictor<>(calibrated.model(), settings()).evaluate(validation));
        return new FineTuned<>(calibrated.evaluated(metrics), lifetime, listeners);
    }

    /**
     * The same as {@link #saveAdapter(Path, Overwrite)}, over adapters of ours only.
     *
     * @param directory made if it isn't there
     */
    public void saveAdapter(Path directory) {
        saveAdapter(directory, Overwrite.OURS);
    }

    /**
     * Saves what LoRA, IA3 or {@linkplain FineTuner#adapt another method} trained in PEFT's format, without the base; and, for
     * {@link FineTuner#adapter} and {@link Adapters}, what it was calibrated to. As {@link #save(Path, Overwrite)} in all else;
     * but not beside a model, on which libraries would put it: a directory holds one or the other.
     *
     * @param directory made if it isn't there
     * @param overwrite what may be replaced of what the directory holds
     * @throws FinetuneException if the model was not adapted, if the method has no file format, if parameters were trained
     *     ({@link FineTuner#unfreeze}) that don't belong to the adapter, if the directory holds what mustn't be replaced, or if
     *     writing fails
     */
    public void saveAdapter(Path directory, Overwrite overwrite) {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(overwrite, "overwrite");
        write(directory, () -> {
            AdapterFiles.write(
                    directory, overwrite, assembly(), method(), trained.model().base());
        });
    }

    /**
     * Checks, before anything is trained, that {@link #saveAdapter(Path, Overwrite)} can write there.
     *
     * @param directory where the adapter is to be saved
     * @param overwrite what may be replaced of what the directory holds
     * @throws FinetuneException if it can't
     */
    public static void checkSaveAdapter(Path directory, Overwrite overwrite) {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(overwrite, "overwrite");
        new ModelDirectory(directory, ModelDirectory.Kind.ADAPTER).check(overwrite);
    }

    private PeftMethod method() {
        return trained.model()
                .method()
                .orElseThrow(() -> new FinetuneException(
                        "There is no adapter: the model was not trained with lora(...), ia3(...) or adapt(...)."));
    }

    /**
     * Takes what LoRA, IA3 or another method trained into the base's weights, in memory, so that predictions cost no more than
     * the base's; they differ by rounding. Takes a second copy of the adapted weights. {@link #save} and {@link
     * #saveAdapter} write the same either way. Waits for predictions under way, for a minute; does nothing if it is
     * merged.
     *
     * @throws FinetuneException if the model was not adapted, or if its base is kept in few bits
     * @throws IllegalStateException if it is called from what this model's predict, evaluate or save calls or reads, in whatever
     *     thread, or if one of them goes on for more than a minute; the model is then as it was
     */
    public void mergeAdapter() {
        method();
        PackedBase.refuseMerge(assembly().network());
        lifetime.alone(assembly().network()::merge);
    }

    /**
     * Goes back to the weights before {@link #mergeAdapter}, bit by bit, the adapter beside them again.
     *
     * @throws FinetuneException if the model was not adapted
     * @throws IllegalStateException as {@link #mergeAdapter}
     */
    public void unmergeAdapter() {
        method();
        lifetime.alone(assembly().network()::unmerge);
    }

    /** The names of the parameters that nobody trained: neither the base's checkpoint nor an adapter has them. */
    List<String> random() {
        return use(trained.model()::random);
    }

    /** Shows the parameters to something that reads them, while the model can't be closed. */
    void lend(Consumer<List<Parameter>> reader) {
        use(() -> {
            reader.accept(assembly().network().parameters());
            return this;
        });
    }

    /**
     * Lets go of the base's weights that are frozen here and in a model of the same base, and uses that one's; what belongs
     * to either's adapter, frozen or not, stays apart.
     */
    void shareFrozen(FineTuned<I> other) {
        use(() -> other.use(() -> {
            assembly()
                    .network()
                    .shareFrozen(
                            other.assembly().network(),
                            name -> trained.model().isOfAdapter(name)
                                    || other.trained.model().isOfAdapter(name));
            return other;
        }));
    }

    /**
     * {@return what the model says of one input}
     *
     * @param input of the kind that the model reads
     * @throws FinetuneException as {@link #predict(List)}
     */
    public Prediction predict(I input) {
        Objects.requireNonNull(input, "input");
        return predict(List.of(input)).get(0);
    }

    /**
     * {@return what the model says of one input, as the kind of prediction that its head makes: {@code predict(words,
     * Prediction.Tags.class).tags()}}
     *
     * @param <P> the kind of prediction
     * @param input of the kind that the model reads
     * @param kind the kind of prediction
     * @throws FinetuneException as {@link #predict(List)}, and if the head makes another kind
     */
    public <P extends Prediction> P predict(I input, Class<P> kind) {
        Objects.requireNonNull(input, "input");
        return predict(List.of(input), kind).get(0);
    }

    /**
     * {@return what the model says of each input, in order, as the kind of prediction that its head makes}
     *
     * @param <P> the kind of prediction
     * @param inputs of the kind that the model reads
     * @param kind the kind of prediction
     * @throws FinetuneException as {@link #predict(List)}, and if the head makes another kind
     */
    public <P extends Prediction> List<P> predict(List<I> inputs, Class<P> kind) {
        Objects.requireNonNull(kind, "kind");
        return predict(inputs).stream().map(prediction -> prediction.as(kind)).toList();
    }

    /**
     * {@return what the model says of each input, in order; computed in batches of similar length (unless {@link
     * FineTuner#batching} says otherwise), of {@link FineTuner#evaluation} inputs at most}
     *
     * @param inputs of the kind that the model reads
     * @throws FinetuneException if an input is of another kind than the model reads, or holds nothing that it could read, and if
     *     the thread is interrupted, before or meanwhile: no later than after the batch under way; it stays interrupted
     */
    public List<Prediction> predict(List<I> inputs) {
        final List<I> all = Arguments.copy(inputs, "inputs");
        if (listeners.isEmpty()) {
            return use(() -> predictor.predict(all));
        }
        final long asked = System.nanoTime();
        try {
            final List<Prediction> predictions = use(() -> predictor.predict(all));
            tell(listener -> listener.predicted(all.size(), since(asked)));
            return predictions;
        } catch (RuntimeException | Error e) {
            tell(listener -> listener.failed(all.size(), since(asked), e));
            throw e;
        }
    }

    /** One that throws costs nobody a prediction. */
    private void tell(Consumer<PredictionListener> event) {
        for (PredictionListener listener : listeners) {
            try {
                event.accept(listener);
            } catch (Exception e) {
                Warnings.say(
                        LoggerFactory.getLogger(FineTuned.class),
                        "The listener " + listener.getClass().getName() + " of predictions threw " + e
                                + "; predictions go on without it being told.");
            }
        }
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    /**
     * {@return the same model, which also tells a listener of each call of predict: how many inputs, how long it took, whether it
     * failed} Both share the native model: closing either closes it.
     *
     * @param listener beside those that there are
     */
    public FineTuned<I> watched(PredictionListener listener) {
        Objects.requireNonNull(listener, "listener");
        final List<PredictionListener> all = new ArrayList<>(listeners);
        all.add(listener);
        return new FineTuned<>(trained, lifetime, List.copyOf(all));
    }

    /**
     * {@return what the model writes after an input: {@code tuned.generate(Text.of("Once"), Generation.greedy())}}
     *
     * @param input of the kind that the model reads
     * @param settings how it writes; what they don't say is as the model's generation_config.json says
     * @throws FinetuneException as {@link #generate(List, Generation)}
     */
    public Generated generate(I input, Generation settings) {
        Objects.requireNonNull(input, "input");
        return generate(List.of(input), settings).get(0);
    }

    /**
     * {@return what the model writes after each input, in order; side by side, as many as the {@linkplain
     * dev.finetune.train.Evaluation evaluation's batch size} says} Several threads may write at once; the
     * texts that they ask for one by one, without beams, are written on together.
     *
     * @param inputs of the kind that the model reads
     * @param settings how it writes; what they don't say is as the model's generation_config.json says
     * @throws FinetuneException if the model doesn't write, if an input is of another kind or leaves no room for new tokens, if the
     *     settings or the model's own contradict each other or aren't supported, and if the thread is interrupted
     */
    public List<Generated> generate(List<I> inputs, Generation settings) {
        final List<I> all = Arguments.copy(inputs, "inputs");
        Objects.requireNonNull(settings, "settings");
        final int atOnce = settings().evaluation().batchSize();
        return use(() -> predictor.generate(
                all, writer -> writer.write(assembly().network(), all, settings, atOnce, new Cancellation())));
    }

    /**
     * The same as {@link #generate(Object, Generation, Consumer, Cancellation)}, which nobody cancels.
     *
     * @param input of the kind that the model reads
     * @param settings how it writes
     * @param pieces told each piece of the text
     * @return the whole text
     */
    public Generated generate(I input, Generation settings, Consumer<String> pieces) {
        return generate(input, settings, pieces, new Cancellation());
    }

    /**
     * {@return what the model writes after an input, which is handed over while it comes about}
     *
     * @param input of the kind that the model reads
     * @param settings how it writes: one text, without beams
     * @param pieces told each piece of the text as soon as it is settled, in whole characters, in the order of the text, by the
     *     thread that computes; together they are the text
     * @param cancellation ends the text at the next token
     * @throws FinetuneException as {@link #generate(List, Generation)}, and for beams and several sequences
     */
    public Generated generate(I input, Generation settings, Consumer<String> pieces, Cancellation cancellation) {
        Objects.requireNonNull(input, "input");
        Objects.requireNonNull(settings, "settings");
        Objects.requireNonNull(pieces, "pieces");
        Objects.requireNonNull(cancellation, "cancellation");
        return use(() -> predictor.generate(
                        List.of(input),
                        writer -> writer.write(assembly().network(), input, settings, pieces, cancellation)))
                .get(0);
    }

    /**
     * {@return the vector of each input that the head's last layer reads, in order: where the model sees inputs alike} Of a head of
     * features it is what {@link #predict(List)} gives.
     *
     * @param inputs of the kind that the model reads
     * @throws FinetuneException as {@link #predict(List)}, and if the head reads something of each word, and no such vector
     */
    public List<float[]> vectors(List<I> inputs) {
        final List<I> all = Arguments.copy(inputs, "inputs");
        return use(() -> predictor.vectors(all));
    }

    /**
     * {@return why the model says what it says of an input: {@code tuned.explain(text, Explain.integratedGradients())}} Computed in
     * evaluation mode, beside other predictions; the model is left as it is, without gradients in its parameters.
     *
     * @param <A> what the explanation looks like
     * @param input of the kind that the model reads
     * @param method one of {@link dev.finetune.explain.Explain}
     * @throws FinetuneException if the input is of another kind than the model reads, if a model of this family or a head of this
     *     kind can't be explained so, and if the thread is interrupted, before or meanwhile
     */
    public <A> A explain(I input, ExplanationMethod<A> method) {
        Objects.requireNonNull(input, "input");
        Objects.requireNonNull(method, "method");
        return use(() -> predictor.explain(input, method));
    }

    /**
     * The same as {@link #save(Path, Overwrite)}, over models of ours only.
     *
     * @param directory made if it isn't there
     */
    public void save(Path directory) {
        save(directory, Overwrite.OURS);
    }

    /**
     * Saves the model so that Transformers, and {@link #load}, can load it: config.json with the labels,
     * model.safetensors, the tokenizer's files, a model card (README.md) with data, settings and metrics, and the same for
     * programs (finetune.json), which also marks the directory as one of ours. What belonged to the model before is removed,
     * all its shards and other formats; files that belong to no model, and a README.md that somebody else wrote, stay.
     *
     * <p>The files are replaced as one: whenever the process is killed, the power fails, the disk is full or something is
     * thrown, {@link #load} and all else here that reads the directory find the model of before or the new one, whole, also
     * while saving is under way. Several that save to one directory, threads or processes, take turns. What is still to be done
     * when a process dies is done by the next that loads or saves there. finetune-files.json lists the files with their sizes
     * and checksums; a model whose files were changed since is refused until that file is deleted.
     *
     * <p>An interrupted thread saves all the same, and stays interrupted.
     *
     * @param directory made if it isn't there
     * @param overwrite what may be replaced of what the directory holds
     * @throws FinetuneException if the directory holds what mustn't be replaced, if another saves there for ten minutes, if the
     *     base is kept in few bits, or if writing fails
     */
    public void save(Path directory, Overwrite overwrite) {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(overwrite, "overwrite");
        write(directory, () -> {
            PackedBase.refuseWhole("save(...)", assembly().network());
            ModelWriter.write(directory, overwrite, trained);
        });
    }

    /**
     * The same as {@link #exportOnnx(Path, Overwrite)}, over ONNX models of ours only.
     *
     * @param directory made if it isn't there
     */
    public void exportOnnx(Path directory) {
        exportOnnx(directory, Overwrite.OURS);
    }

    /**
     * Saves the model for ONNX Runtime and other runtimes that read ONNX: model.onnx in 32-bit floats, operators of
     * ONNX's standard set 17 alone, with what an adapter trained merged into the weights. Inputs are those of
     * Transformers' exports, "input_ids", "attention_mask" and, where the model reads them, "token_type_ids", of any
     * number of rows and any length, or "pixel_values"; outputs are "logits", "start_logits" and "end_logits", or
     * "embeddings". Probabilities are for the application to compute, where they are wanted. Weights beyond 2 GB, which
     * no such file can hold, lie in model.onnx_data beside it.
     *
     * <p>All else is as {@link #save(Path, Overwrite)} writes it: config.json, the tokenizer's or preprocessor's files,
     * calibration, model card; the labels, and these files where they are small, are in the metadata of model.onnx,
     * too. {@link #load} and {@link FineTuner#from} read the directory. It is another one than that of {@link #save}.
     *
     * <p>Needs the artifact finetune-onnx.
     *
     * @param directory made if it isn't there
     * @param overwrite what may be replaced of what the directory holds
     * @throws FinetuneException if finetune-onnx isn't there, if a part of the network, of another family, doesn't say
     *     which operators it consists of (before anything is written), if the base is kept in few bits, if the directory holds what mustn't be replaced,
     *     or if writing fails
     */
    public void exportOnnx(Path directory, Overwrite overwrite) {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(overwrite, "overwrite");
        write(directory, () -> {
            PackedBase.refuseWhole("exportOnnx(...)", assembly().network());
            OnnxWriter.write(directory, overwrite, trained);
        });
    }

    /**
     * Checks, before anything is trained, that {@link #save(Path, Overwrite)} can write there.
     *
     * @param directory where the model is to be saved
     * @param overwrite what may be replaced of what the directory holds
     * @throws FinetuneException if it can't
     */
    public static void checkSave(Path directory, Overwrite overwrite) {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(overwrite, "overwrite");
        new ModelDirectory(directory, ModelDirectory.Kind.MODEL).check(overwrite);
    }

    /** {@return the native parts, for what this API does not offer; borrowed, not to be closed} */
    public Assembly<I> assembly() {
        return trained.model().assembly();
    }

    /** What it predicts, from which base, where, and how well; says so of a closed model, too. */
    @Override
    public String toString() {
        final Task task = assembly().task();
        return "FineTuned: " + task.head() + "; from " + provenance().base() + "; on " + device
                + trained.evaluation()
                        .map(metrics -> String.format(
                                Locale.ROOT, "; %s %.4f", task.mainMetric(), metrics.get(task.mainMetric())))
                        .orElse("; not evaluated")
                + (lifetime.isOver() ? "; closed" : "");
    }

    /**
     * Frees the model's native memory, once; whoever uses it afterwards gets an {@link IllegalStateException}. Never waits: what
     * is under way, in this thread or another, comes to its end, and the last of it frees the model. It may be called by any
     * thread at any time, also from data that is being read and from a shutdown hook.
     */
    @Override
    public void close() {
        lifetime.end(trained::close);
    }

    /** Of several processes that trained together, one writes. */
    private void write(Path directory, Runnable action) {
        if (trained.isCompanion()) {
            LoggerFactory.getLogger(FineTuned.class)
                    .info("Process 0 writes {}; this process has the same model", directory);
            return;
        }
        use(() -> {
            action.run();
            return directory;
        });
    }

    private <T> T use(Supplier<T> action) {
        return lifetime.use(action);
    }
}
