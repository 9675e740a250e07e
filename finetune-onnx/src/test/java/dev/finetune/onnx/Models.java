package dev.finetune.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.head.Head;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Parameter;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** The small models of the families' own tests, and what they compute here. */
final class Models {
    private Models() {}

    /** A text model's directory, such as "bert-regression". */
    static Path text(String name) {
        return Path.of("../finetune-bert/src/test/resources/golden", name, "model");
    }

    /** A picture model's directory, such as "resnet-basic". */
    static Path picture(String name) {
        return Path.of("../finetune-vision/src/test/resources/golden", name, "model");
    }

    /** Moves every weight far away from where it was, so that nothing that a network computes is near 0. */
    static void shake(FineTuned<?> model, long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            for (Parameter parameter : model.assembly().network().parameters()) {
                final float[] change = new float[Math.toIntExact(parameter.count())];
                for (int i = 0; i < change.length; i++) {
                    change[i] = (float) (0.4 * random.nextDouble() - 0.2);
                }
                parameter.value().add_(Tensors.of(change, parameter.shape()));
            }
        }
    }

    /** Pictures at random. */
    static Map<String, HostTensor> pixels(int rows, int height, int width, SplittableRandom random) {
        final float[] pixels = new float[rows * 3 * height * width];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) (4 * random.nextDouble() - 2);
        }
        return Map.of("pixel_values", new HostTensor.Floats(pixels, rows, 3, height, width));
    }

    /** Tokens at random, of random lengths but for one row, which is full. */
    static Map<String, HostTensor> tokens(FineTuned<?> model, int rows, int length, SplittableRandom random) {
        final int vocabulary = model.assembly().config().get("vocab_size").getAsInt();
        final int padding = model.assembly().config().get("pad_token_id").getAsInt();
        final long[] ids = new long[rows * length];
        final long[] mask = new long[rows * length];
        final long[] types = new long[rows * length];
        for (int row = 0; row < rows; row++) {
            final int own = row == 0 ? length : 1 + random.nextInt(length);
            for (int i = 0; i < length; i++) {
                final long id = random.nextInt(vocabulary - 1);
                ids[row * length + i] = i >= own ? padding : id < padding ? id : id + 1;
                mask[row * length + i] = i < own ? 1 : 0;
                types[row * length + i] = i < own ? random.nextInt(2) : 0;
            }
        }
        final Map<String, HostTensor> columns = new LinkedHashMap<>();
        columns.put("input_ids", new HostTensor.Longs(ids, rows, length));
        columns.put("attention_mask", new HostTensor.Longs(mask, rows, length));
        if (columns(model).contains("token_type_ids")) {
            columns.put("token_type_ids", new HostTensor.Longs(types, rows, length));
        }
        return columns;
    }

    private static Set<String> columns(FineTuned<?> model) {
        return model.assembly()
                .encoder()
                .collate(List.of(), CollateContext.predicting())
                .columns()
                .keySet();
    }

    /** What the network gives, by name, row-major. */
    static Map<String, float[]> outputs(FineTuned<?> model, Map<String, HostTensor> columns) {
        final int rows = Math.toIntExact(columns.values().iterator().next().shape()[0]);
        final Map<String, float[]> outputs = new LinkedHashMap<>();
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(new HostBatch(columns, Collections.nCopies(rows, new Row())), Tensors.cpu())) {
            model.assembly()
                    .network()
                    .forward(batch, ForwardContext.evaluating())
                    .forEach((name, tensor) -> outputs.put(name, Tensors.floats(tensor)));
        }
        return outputs;
    }

    /**
     * Asserts that outputs are equal to 1e-5 of the largest.
     *
     * @param shown for each token of the batch, 0 where it is padding and counts for nothing; empty where outputs are of rows
     */
    static void assertSame(Map<String, float[]> ours, Map<String, float[]> theirs, long... shown) {
        assertThat(theirs).isNotEmpty();
        theirs.forEach((name, values) -> {
            final float[] expected = ours.get(name);
            assertThat(values).as(name).hasSameSizeAs(expected);
            final int each = shown.length == 0 ? 1 : values.length / shown.length;
            double largest = 1;
            double worst = 0;
            for (int i = 0; i < values.length; i++) {
                if (shown.length == 0 || shown[i / each] != 0) {
                    assertThat(expected[i]).isFinite();
                    largest = Math.max(largest, Math.abs(expected[i]));
                    worst = Math.max(worst, Math.abs((double) values[i] - expected[i]));
                }
            }
            assertThat(worst).as("largest difference of %s", name).isLessThanOrEqualTo(1e-5 * largest);
        });
    }

    /** What {@link #assertSame} leaves out of the outputs of a head that tells something of each token. */
    static long[] shown(Head head, Map<String, HostTensor> columns) {
        final boolean ofTokens =
                head instanceof Head.Tokens || head instanceof Head.QuestionAnswering || head instanceof Head.MaskedLm;
        return ofTokens ? ((HostTensor.Longs) columns.get("attention_mask")).data() : new long[0];
    }

    private record Row() implements Encoded {
        @Override
        public int length() {
            return 1;
        }

        @Override
        public Target target() {
            return new Target.None();
        }
    }
}
