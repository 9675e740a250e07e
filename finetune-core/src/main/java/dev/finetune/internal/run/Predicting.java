package dev.finetune.internal.run;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.PaddedBatches;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Prediction;
import dev.finetune.internal.torch.Callers;
import dev.finetune.internal.torch.OneCore;
import dev.finetune.internal.torch.ThreadLimit;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.NonFinite;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.TextWriter;
import dev.finetune.train.TrainingSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * The predictions for some inputs, on their way: each input is encoded, then rows are computed in batches of similar length.
 * Used once.
 */
final class Predicting<I> {
    private static final int MANY = 64;

    private final LoadedModel<I> model;
    private final Assembly<I> assembly;
    private final TrainingSettings settings;
    private final List<I> inputs;
    private final Decoding decoding;
    private final RowPasses passes;
    private final List<Row> rows = new ArrayList<>();
    private final List<List<Row>> batches = new ArrayList<>();
    private Prediction[] byRow = new Prediction[0];
    private int encoded;
    private int computed;

    Predicting(LoadedModel<I> model, TrainingSettings settings, List<I> inputs) {
        this(model, settings, inputs, model.assembly().task()::decode);
    }

    /** With something else read off the head's outputs than its task does. */
    Predicting(LoadedModel<I> model, TrainingSettings settings, List<I> inputs, Decoding decoding) {
        this.decoding = decoding;
        this.model = model;
        this.assembly = model.assembly();
        this.settings = settings;
        this.inputs = inputs;
        this.passes = new RowPasses(
                model,
                ForwardContext.evaluating(settings.execution().recomputeActivations())
                        .leavingOutPadding(settings.batching().groupsByLength()
                                && assembly.network().canLeaveOutPadding())
                        .predicting(),
                Integer.MAX_VALUE,
                rows -> "Predicting a batch of " + rows + (rows == 1 ? " input" : " inputs"));
    }

    /** What is read off the head's outputs (borrowed), a thing a row. */
    interface Decoding {
        List<Prediction> of(Map<String, Tensor> outputs, HostBatch host);
    }

    /** What an input, or a part of one that is too long, became. */
    private record Row(int input, int number, Encoded encoded) {}

    /** Returns a prediction for each input, in order. */
    List<Prediction> run() {
        inputs.forEach(input -> checkInput(model, input));
        Callers.run(this::step, model.device().is_cpu());
        final Map<Integer, List<Row>> byInput = rows.stream().collect(Collectors.groupingBy(Row::input));
        return IntStream.range(0, inputs.size())
                .mapToObj(i -> joined(i, byInput.getOrDefault(i, List.of())))
                .toList();
    }

    /** Refuses an input of another kind than a model reads. */
    static void checkInput(LoadedModel<?> model, Object input) {
        final Class<?> reads = model.assembly().encoder().inputType();
        if (!reads.isInstance(input)) {
            throw new FinetuneException("This model reads " + reads.getSimpleName() + ", but was given a "
                    + input.getClass().getSimpleName() + ".");
        }
    }

    /** Encodes an input, or computes a batch; says whether there is more to do. */
    private boolean step() {
        if (encoded < inputs.size()) {
            encode(Math.min(encoded + atOnce(), inputs.size()));
            if (encoded == inputs.size()) {
                byRow = new Prediction[rows.size()];
                batches.addAll(batches());
            }
        } else if (computed < batches.size()) {
            compute(batches.get(computed++));
        }
        return encoded < inputs.size() || computed < batches.size();
    }

    /** Many are encoded by several threads, some at a time, so that other callers wait for no more than these. */
    private int atOnce() {
        final boolean isAlone = model.device().is_cuda() || !OneCore.isOn();
        final boolean hasAllCores = ThreadLimit.ofJava() == Runtime.getRuntime().availableProcessors();
        return inputs.size() >= MANY && isAlone && hasAllCores ? MANY : 1;
    }

    private void encode(int end) {
        final IntStream some = IntStream.range(encoded, end);
        final List<List<Encoded>> parts = (end - encoded > 1 ? some.parallel() : some)
                .mapToObj(input -> assembly.encoder().encode(List.of(new Example<>(inputs.get(input), Label.none()))))
                .toList();
        for (List<Encoded> ofInput : parts) {
            for (Encoded part : ofInput) {
                rows.add(new Row(encoded, rows.size(), part));
            }
            encoded++;
        }
    }

    private List<List<Row>> batches() {
        final int most = settings.evaluation().batchSize();
        final List<List<Row>> cut = new ArrayList<>();
        if (!settings.batching().groupsByLength()) {
            for (int from = 0; from < rows.size(); from += most) {
                cut.add(rows.subList(from, Math.min(rows.size(), from + most)));
            }
            return cut;
        }
        final List<Row> sorted = new ArrayList<>(rows);
        sorted.sort(Comparator.comparingInt((Row row) -> row.encoded.length()).reversed());
        final int[] lengths =
                sorted.stream().mapToInt(row -> row.encoded.length()).toArray();
        // A GPU reads weights fast, but takes its time to start: there padding is cheaper than another batch.
        final int ownCost = !model.device().is_cpu()
                ? Integer.MAX_VALUE
                : assembly.network().canLeaveOutPadding()
                        ? PaddedBatches.OWN_COST_WITHOUT_PADDING
                        : PaddedBatches.OWN_COST;
        int from = 0;
        for (int end : PaddedBatches.ends(lengths, most, ownCost)) {
            cut.add(sorted.subList(from, end));
            from = end;
        }
        return cut;
    }

    private void compute(List<Row> batch) {
        final List<Prediction> predictions =
                passes.run(batch.stream().map(Row::encoded).toList(), this::predictions);
        for (int i = 0; i < batch.size(); i++) {
            byRow[batch.get(i).number] = predictions.get(i);
        }
    }

    private List<Prediction> predictions(Batch batch, HostBatch host, ForwardContext context) {
        final Map<String, Tensor> outputs = FiniteOutputs.checked(
                assembly.network().forward(batch, context),
                () -> NonFinite.find(assembly.network(), batch, stage -> context));
        return decoding.of(outputs, host);
    }

    private Prediction joined(int input, List<Row> parts) {
        if (parts.isEmpty()) {
            throw new FinetuneException("Input " + input + " (counted from 0) holds nothing that the model could read"
                    + (assembly.encoder() instanceof TextWriter<?>
                            ? ": predict(...) says the next token at each place of a text that is there; generate(...) writes"
                                    + " what follows."
                            : "."));
        }
        return assembly.task().join(parts.stream().map(row -> byRow[row.number]).toList());
    }
}
