package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

final class BucketsTest {
    private static final int LARGE = 1 << 18;

    /** A device without numbers stands for a GPU: what leaves it fails. */
    @Test
    void whatStaysOnItsDeviceIsPutTogetherThere() {
        try (TensorScope scope = TensorScope.open()) {
            final Device elsewhere = new Device(DeviceType.Meta);
            final List<Tensor> tensors = List.of(
                    Tensors.of(new float[LARGE], LARGE).to(elsewhere, ScalarType.Float),
                    Tensors.of(new float[6], 2, 3).to(elsewhere, ScalarType.Float),
                    Tensors.of(new float[4], 4).to(elsewhere, ScalarType.Float));
            for (boolean compressed : new boolean[] {false, true}) {
                try (Buckets buckets = Buckets.of(tensors, compressed, true)) {
                    assertThat(buckets.pieces())
                            .allMatch(Tensor::is_meta)
                            .allMatch(piece -> piece.scalar_type().intern()
                                    == (compressed ? ScalarType.BFloat16 : ScalarType.Float));
                    assertThat(buckets.pieces().stream().map(Tensor::numel))
                            .containsExactlyElementsOf(compressed ? List.of(LARGE + 10L) : List.of((long) LARGE, 10L));
                    buckets.takeApart();
                }
            }
        }
    }

    @Test
    void aLargeTensorTravelsAsItLiesAndSmallOnesAreTakenApartAgain() {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor large = Tensors.of(new float[LARGE], LARGE);
            final Tensor small =
                    Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).t();
            final Tensor half = Tensors.of(new float[] {7, 8}, 2).to(ScalarType.BFloat16);
            try (Buckets buckets = Buckets.of(List.of(large, small, half), false, true)) {
                buckets.pieces().forEach(piece -> piece.mul_(new Scalar(2)).add_(new Scalar(1)));
                assertThat(buckets.pieces())
                        .allMatch(piece -> piece.scalar_type().intern() == ScalarType.Float);
                assertThat(Tensors.floats(large)[LARGE - 1]).isEqualTo(1);
                assertThat(Tensors.floats(small.contiguous())).containsExactly(1, 4, 2, 5, 3, 6);
                buckets.takeApart();
            }
            assertThat(Tensors.floats(small.contiguous())).containsExactly(3, 9, 5, 11, 7, 13);
            assertThat(Tensors.floats(half.to(ScalarType.Float))).containsExactly(15, 17);
        }
    }
}
