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
        -3.6658538427047915e-09f,
        1.846106600922326e-09f,
        1.8395168721596633e-09f,
        0.001809873734600842f,
        0.001381219131872058f,
        0.00023814116138964891f,
        0.0007096867775544524f,
        0.0016544987447559834f,
        0.001970873214304447f,
        0.007045486010611057f,
        0.0037518737372010946f,
        0.01079736091196537f,
        0.15500079095363617f,
        0.08385515213012695f,
        -0.05083807557821274f,
        -0.022231485694646835f,
        -0.06891760230064392f,
        0.024454642087221146f,
        0.003995039500296116f,
        -0.0037683749105781317f,
        -0.004221705719828606f,
        -0.05126632750034332f,
        0.02563316747546196f,
        0.00015231950965244323f
    };

    private static final float[] GRADIENT_AT_5 = {
        -0.002433168236166239f,
        0.0021815320942550898f,
        0.0016990581061691046f,
        0.08923876285552979f,
        0.06791358441114426f,
        0.01164710707962513f,
        0.02049202099442482f,
        0.04229387268424034f,
        0.05508200079202652f,
        0.012453200295567513f,
        0.08160433173179626f,
        0.09405753016471863f,
        0.4211481213569641f,
        0.23047439754009247f,
        -0.15920275449752808f,
        -0.05749469995498657f,
        -0.18983331322669983f,
        0.0748438686132431f,
        0.036827269941568375f,
        -0.08539612591266632f,
        0.01174157578498125f,
        -0.13507995009422302f,
        0.06753997504711151f,
        -0.0914088562130928f
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
