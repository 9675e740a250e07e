package com.example.stars;

import dev.finetune.batch.HostBatch;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Batch;
import dev.finetune.nn.TensorValues;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The squared distance in stars; "distance", the mean of absolute ones, is better the smaller it is. */
final class RatingTask implements Task {
    private final Rating head;

    RatingTask(Rating head) {
        this.head = head;
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
        return outputs.get("score").sub(batch.get("stars")).square().sum();
    }

    @Override
    public String mainMetric() {
        return "distance";
    }

    private int stars(float score) {
        return Math.max(0, Math.min(head.most(), Math.round(score)));
    }

    @Override
    public Scorer scorer() {
        return new Scorer() {
            private double distance;
            private int rows;

            @Override
            public void add(Map<String, Tensor> outputs, Batch batch) {
                float[] scores = TensorValues.floats(outputs.get("score"));
                float[] truths = TensorValues.floats(batch.get("stars"));
                for (int i = 0; i < scores.length; i++) {
                    distance += Math.abs(stars(scores[i]) - truths[i]);
                    rows++;
                }
            }

            @Override
            public Metrics result(double loss) {
                Map<String, Double> values = new LinkedHashMap<>();
                values.put("loss", loss);
                values.put("distance", distance / rows);
                return new Metrics(values).lowerIsBetter("distance");
            }
        };
    }

    @Override
    public List<Prediction> decode(Map<String, Tensor> outputs, HostBatch batch) {
        List<Prediction> predictions = new ArrayList<>();
        for (float score : TensorValues.floats(outputs.get("score"))) {
            predictions.add(new Rated(stars(score), List.of(new float[] {score})));
        }
        return predictions;
    }
}
