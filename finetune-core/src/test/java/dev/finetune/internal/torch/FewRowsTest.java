package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** A product of few rows and a large matrix is what torch's linear makes of them, and is used for nothing else. */
class FewRowsTest {
    @Test
    void agreesWithLinearToTheLastBits() {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor weight = torch.randn(640, 512).div_(new Scalar(20));
            final Tensor bias = torch.randn(640);
            for (long rows = 1; rows <= 48; rows++) {
                final Tensor input = torch.randn(1, rows, 512);
                final Tensor expected = torch.linear(input, weight, new TensorOptional(bias));
                final Tensor actual = FewRows.linear(input, weight, bias);
                assertThat(Tensors.shape(actual)).containsExactly(1, rows, 640);
                assertThat(actual.is_contiguous()).isTrue();
                assertThat(Tensors.scalar(actual.sub(expected).abs().max()))
                        .as("%d rows", rows)
                        .isLessThan(1e-5);
                final Tensor unbiased = FewRows.linear(input, weight, null);
                assertThat(Tensors.shape(unbiased)).containsExactly(1, rows, 640);
                assertThat(unbiased.is_contiguous()).isTrue();
                assertThat(Tensors.scalar(unbiased.add(bias).sub(expected).abs().max()))
                        .as("%d rows without a bias", rows)
                        .isLessThan(1e-5);
            }
        }
    }

    @Test
    void servesOnlyWhereNoGradientIsRecordedAndTheMatrixIsLarge() {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor weight = torch.randn(512, 512);
            final Tensor input = torch.randn(16, 512);
            assertThat(FewRows.pay(input, weight)).isFalse();
            try (GradientMode off = GradientMode.off()) {
                assertThat(FewRows.pay(input, weight)).isEqualTo("MKL".equals(Natives.matrixProducts()));
                assertThat(FewRows.pay(torch.randn(8, 512), weight)).isFalse();
                assertThat(FewRows.pay(torch.randn(8, 512), torch.randn(2048, 512)))
                        .isEqualTo("MKL".equals(Natives.matrixProducts()));
                assertThat(FewRows.pay(torch.randn(4, 512), torch.randn(2048, 512)))
                        .isFalse();
                assertThat(FewRows.pay(torch.randn(100, 512), weight)).isFalse();
                assertThat(FewRows.pay(input, torch.randn(8, 512))).isFalse();
                assertThat(FewRows.pay(torch.randn(16, 512).to(torch.ScalarType.Double), weight))
                        .isFalse();
            }
        }
    }

    @Test
    void leavesNothingBehind() {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor weight = torch.randn(512, 512);
            final Tensor bias = torch.randn(512);
            final Tensor input = torch.randn(16, 512);
            long before = 0;
            for (int i = 0; i < 200; i++) {
                if (i == 100) {
                    before = Pointer.totalCount();
                }
                try (TensorScope call = TensorScope.open()) {
                    FewRows.linear(input, weight, bias);
                    FewRows.linear(input, weight, null);
                }
            }
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
        }
    }
}
