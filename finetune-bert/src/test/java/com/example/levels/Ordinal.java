package com.example.levels;

import com.google.gson.JsonObject;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Prediction;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Batch;
import dev.finetune.nn.TensorValues;
import dev.finetune.spi.HeadFormat;
import dev.finetune.spi.ModelConfig;
import dev.finetune.task.LossOptions;
import dev.finetune.task.Task;
import dev.finetune.task.TaskHead;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * A head that the library doesn't know: one of several levels in an order, each output saying whether the level is higher than
 * that (Cao et al., "Rank consistent ordinal regression", 2020). With its own label, task, metric and prediction.
 */
public record Ordinal(int levels) implements TaskHead {
    /** A level from 0. */
    public record Level(int level) implements Label {}

    /** A level from 0. */
    public record Found(int level, List<float[]> logits) implements Prediction {}

    @Override
    public int rows() {
        return levels - 1;
    }

    @Override
    public boolean learnsFrom(Label label) {
        return label instanceof Level;
    }

    @Override
    public String labelAdvice() {
        return "new Level(number)";
    }

    @Override
    public String savedAs() {
        return "ordinal";
    }

    @Override
    public void write(JsonObject config) {
        config.addProperty("levels", levels);
    }

    @Override
    public Task task(LossOptions loss) {
        if (!loss.equals(LossOptions.DEFAULT)) {
            throw new FinetuneException("The loss of levels can't be shaped: " + loss);
        }
        return new OrdinalTask(this);
    }

    /** Found as a service. */
    public static final class Format implements HeadFormat {
        @Override
        public String savedAs() {
            return "ordinal";
        }

        @Override
        public Head read(ModelConfig config, List<String> labels) {
            return new Ordinal(config.integer("levels", 0));
        }
    }

    private record OrdinalTask(Ordinal head) implements Task {
        @Override
        public Function<Label, Target> targets() {
            return label -> {
                if (!(label instanceof Level level)) {
                    return new Target.None();
                }
                final float[] above = new float[head.rows()];
                for (int i = 0; i < level.level(); i++) {
                    above[i] = 1;
                }
                return new Target.Vector(above);
            };
        }

        @Override
        public double weight(HostBatch batch) {
            return batch.size();
        }

        @Override
        public Tensor lossSum(Map<String, Tensor> outputs, Batch batch) {
            return torch.binary_cross_entropy_with_logits(
                    outputs.get("logits"), batch.get("labels"), new TensorOptional(), new TensorOptional(), 2);
        }

        @Override
        public String mainMetric() {
            return "distance";
        }

        private int level(float[] numbers, int row, float least) {
            int level = 0;
            for (int i = 0; i < head.rows(); i++) {
                level += numbers[row * head.rows() + i] > least ? 1 : 0;
            }
            return level;
        }

        @Override
        public Scorer scorer() {
            return new Scorer() {
                private double distance;
                private int rows;

                @Override
                public void add(Map<String, Tensor> outputs, Batch batch) {
                    final float[] logits = TensorValues.floats(outputs.get("logits"));
                    final float[] truths = ((HostTensor.Floats) batch.hostColumn("labels")).data();
                    for (int row = 0; row < batch.size(); row++) {
                        distance += Math.abs(level(logits, row, 0) - level(truths, row, 0.5f));
                        rows++;
                    }
                }

                @Override
                public Metrics result(double loss) {
                    return new Metrics(Map.of("loss", loss, "distance", distance / rows)).lowerIsBetter("distance");
                }
            };
        }

        @Override
        public List<Prediction> decode(Map<String, Tensor> outputs, HostBatch batch) {
            final float[] logits = TensorValues.floats(outputs.get("logits"));
            final List<Prediction> found = new ArrayList<>();
            for (int row = 0; row < batch.size(); row++) {
                final float[] own = new float[head.rows()];
                System.arraycopy(logits, row * own.length, own, 0, own.length);
                found.add(new Found(level(logits, row, 0), List.of(own)));
            }
            return found;
        }
    }
}
