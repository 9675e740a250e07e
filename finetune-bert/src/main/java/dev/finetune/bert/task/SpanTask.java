package dev.finetune.bert.task;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.bert.text.AnswerSpan;
import dev.finetune.bert.text.EncodedText;
import dev.finetune.bert.text.SpanDecoder;
import dev.finetune.bert.text.SpanSettings;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.SquadMetrics;
import dev.finetune.metrics.Totals;
import dev.finetune.nn.Batch;
import dev.finetune.nn.TensorValues;
import dev.finetune.task.CrossEntropy;
import dev.finetune.task.LossOptions;
import dev.finetune.task.Outputs;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The span that answers a question: the mean of the cross entropies of its start and of its end, over all positions of a
 * window (Transformers' loss). A question is scored and answered once all of its windows are in.
 */
public final class SpanTask implements Task {
    private final Head.QuestionAnswering head;
    private final CrossEntropy loss;
    private final SpanDecoder decoder;

    /**
     * A task for a head.
     *
     * @param head how long answers may be
     * @param options whether the loss is focal
     * @throws FinetuneException for class weights and label smoothing
     */
    public SpanTask(Head.QuestionAnswering head, LossOptions options) {
        if (!options.classWeights().isEmpty()) {
            throw new FinetuneException("Class weights make no sense for question answering.");
        }
        if (options.labelSmoothing() > 0) {
            throw new FinetuneException("loss(l -> l.labelSmoothing(" + options.labelSmoothing()
                    + ")) makes no sense for question answering: it would spread the target over all places of a window,"
                    + " padding too, and Transformers' Trainer doesn't. Leave it out.");
        }
        this.head = head;
        this.loss = new CrossEntropy(options, 0);
        this.decoder = new SpanDecoder(new SpanSettings(SpanSettings.standard().best(), head.maxAnswerLength()));
    }

    @Override
    public Head head() {
        return head;
    }

    @Override
    public double weight(HostBatch batch) {
        return batch.size();
    }

    @Override
    public Tensor lossSum(Map<String, Tensor> outputs, Batch batch) {
        final Tensor start = loss.sum(
                Outputs.named(outputs, "start_logits").to(ScalarType.Float), batch.get("start_positions"), batch);
        final Tensor end =
                loss.sum(Outputs.named(outputs, "end_logits").to(ScalarType.Float), batch.get("end_positions"), batch);
        return start.add(end).mul(new Scalar(0.5));
    }

    @Override
    public String mainMetric() {
        return "f1";
    }

    @Override
    public Scorer scorer() {
        final SquadMetrics metrics = new SquadMetrics();
        final IdentityHashMap<Object, List<Prediction>> waiting = new IdentityHashMap<>();
        return new Scorer() {
            @Override
            public void add(Map<String, Tensor> outputs, Batch batch) {
                final List<Prediction> rows = decode(outputs, batch.host());
                for (int i = 0; i < rows.size(); i++) {
                    final EncodedText.Trace.Window trace =
                            trace(batch.host().rows().get(i));
                    final Object question = trace.window().question();
                    final List<Prediction> found = waiting.computeIfAbsent(question, q -> new ArrayList<>());
                    found.add(rows.get(i));
                    if (found.size() == trace.window().windows()) {
                        waiting.remove(question);
                        metrics.add(
                                join(found).label(),
                                trace.accepted().stream()
                                        .map(Label.Answer::text)
                                        .toList());
                    }
                }
            }

            @Override
            public void total(Totals totals) {
                metrics.total(totals);
            }

            @Override
            public Metrics result(double loss) {
                return metrics.result().with("loss", loss);
            }
        };
    }

    @Override
    public List<Prediction> decode(Map<String, Tensor> outputs, HostBatch batch) {
        final float[] starts = TensorValues.floats(Outputs.named(outputs, "start_logits"));
        final float[] ends = TensorValues.floats(Outputs.named(outputs, "end_logits"));
        final int length = starts.length / batch.size();
        final List<Prediction> predictions = new ArrayList<>();
        for (int row = 0; row < batch.size(); row++) {
            final EncodedText text = (EncodedText) batch.rows().get(row);
            final float[] start = Arrays.copyOfRange(starts, row * length, row * length + text.length());
            final float[] end = Arrays.copyOfRange(ends, row * length, row * length + text.length());
            final List<Prediction.Candidate> candidates =
                    decoder.decode(List.of(text), List.of(start), List.of(end)).stream()
                            .map(SpanTask::candidate)
                            .toList();
            predictions.add(new Prediction.Span(candidates, List.of(start, end)));
        }
        return predictions;
    }

    private static Prediction.Candidate candidate(AnswerSpan span) {
        return new Prediction.Candidate(new Label.Answer(span.text(), span.start()), span.score(), span.probability());
    }

    private static EncodedText.Trace.Window trace(Encoded row) {
        return (EncodedText.Trace.Window) ((EncodedText) row).trace();
    }

    /** The best spans of all windows: scores can be compared between the windows of one question. */
    @Override
    public Prediction join(List<Prediction> rows) {
        if (rows.size() == 1) {
            return rows.get(0);
        }
        final List<Prediction.Candidate> best = rows.stream()
                .flatMap(row -> ((Prediction.Span) row).candidates().stream())
                .sorted(Comparator.comparingDouble(Prediction.Candidate::score).reversed())
                .limit(SpanSettings.standard().best())
                .toList();
        final double top = best.isEmpty() ? 0 : best.get(0).score();
        final double sum =
                best.stream().mapToDouble(c -> Math.exp(c.score() - top)).sum();
        return new Prediction.Span(
                best.stream()
                        .map(c -> new Prediction.Candidate(c.answer(), c.score(), Math.exp(c.score() - top) / sum))
                        .toList(),
                rows.stream().flatMap(row -> row.logits().stream()).toList());
    }
}
