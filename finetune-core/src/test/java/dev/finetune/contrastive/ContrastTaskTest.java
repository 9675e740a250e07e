package dev.finetune.contrastive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Pooling;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import java.util.Collections;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/**
 * Loss and gradients are those of sentence-transformers 6.0.1's MultipleNegativesRankingLoss (PyTorch 2.13), of {@code
 * compute_loss_from_embeddings} on the first and the second vectors of these four pairs.
 */
class ContrastTaskTest {
    private static final float[] VECTORS = {
        0.5f, -1, 2, 0.25f, -0.5f, 1, 1.5f, 0.25f, -0.75f, 1, 1, -1, -0.5f, 1, 0.125f, -1, 0.5f, 0.5f, 2, 1, 1, 1, 2, 0
    };

    private static final float[] GRADIENT_AT_20 = {
        -3.6658538e-09f,
        1.8461066e-09f,
        1.8395169e-09f,
        0.0018098737f,
        0.0013812191f,
        0.00023814116f,
        0.0007096868f,
        0.0016544987f,
        0.0019708732f,
        0.007045486f,
        0.0037518737f,
        0.010797361f,
        0.15500079f,
        0.08385515f,
        -0.050838076f,
        -0.022231486f,
        -0.0689176f,
        0.024454642f,
        0.0039950395f,
        -0.003768375f,
        -0.0042217057f,
        -0.051266328f,
        0.025633167f,
        0.00015231951f
    };

    private static final float[] GRADIENT_AT_5 = {
        -0.0024331682f,
        0.002181532f,
        0.0016990581f,
        0.08923876f,
        0.067913584f,
        0.011647107f,
        0.020492021f,
        0.042293873f,
        0.055082f,
        0.0124532f,
        0.08160433f,
        0.09405753f,
        0.42114812f,
        0.2304744f,
        -0.15920275f,
        -0.0574947f,
        -0.18983331f,
        0.07484387f,
        0.03682727f,
        -0.085396126f,
        0.011741576f,
        -0.13507995f,
        0.067539975f,
        -0.091408856f
    };

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

    private static void agrees(double scale, double loss, float[] gradient) {
        final ContrastTask task = new ContrastTask(new Head.Features(Pooling.MEAN), new Contrast(scale));
        final HostBatch host = new HostBatch(
                Map.of("input_ids", new HostTensor.Longs(new long[8], 8, 1)), Collections.nCopies(8, new Row()));
        try (TensorScope scope = TensorScope.open();
                Batch batch = new Batch(host, Tensors.cpu())) {
            final Tensor vectors = Tensors.of(VECTORS, 8, 3).set_requires_grad(true);
            final Tensor mean =
                    task.lossSum(Map.of("embeddings", vectors), batch).div(new Scalar(task.weight(host)));
            mean.backward();
            assertThat(Tensors.scalar(mean)).isCloseTo(loss, within(1e-6));
            assertThat(Tensors.floats(vectors.grad())).containsExactly(gradient, within(3e-6f));
        }
    }

    @Test
    void lossAndGradientsAreThoseOfMultipleNegativesRanking() {
        agrees(20, 0.009393453598022461, GRADIENT_AT_20);
        agrees(5, 0.23541772365570068, GRADIENT_AT_5);
    }

    @Test
    void aScaleThatMeansNothingIsRefused() {
        for (double scale : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new Contrast(scale))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("not " + scale);
        }
        assertThat(Contrast.usual().scale()).isEqualTo(20);
    }
}
