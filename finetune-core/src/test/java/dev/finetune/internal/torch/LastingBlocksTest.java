package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class LastingBlocksTest {
    private static long address(Tensor tensor) {
        return tensor.data_ptr().address();
    }

    @Test
    void whatMovesKeepsNumbersShapeAndTypeAndStaysWhenItIsClosed() {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor floats = Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
            final Tensor bytes = Tensors.of(new float[] {7, 8, 9}, 3).to(ScalarType.Byte);
            final Tensor turned =
                    Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).t();
            final Tensor scalar = Tensors.of(new float[] {10}, 1).squeeze();
            final Tensor half = Tensors.of(new float[] {11, 12}, 1, 2).to(ScalarType.BFloat16);
            final List<Tensor> all = List.of(floats, bytes, scalar, half);
            final List<Long> before =
                    all.stream().map(LastingBlocksTest::address).toList();
            try (LastingBlocks memory = LastingBlocks.open()) {
                all.forEach(memory::move);
            }
            for (int i = 0; i < all.size(); i++) {
                assertThat(address(all.get(i))).isNotEqualTo(before.get(i));
                assertThat(address(all.get(i)) % 16).isZero();
            }
            assertThat(Tensors.floats(floats)).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(Tensors.shape(floats)).containsExactly(2, 3);
            assertThat(Tensors.longs(bytes)).containsExactly(7, 8, 9);
            assertThat(bytes.scalar_type().intern()).isEqualTo(ScalarType.Byte);
            assertThat(Tensors.shape(scalar)).isEmpty();
            assertThat(Tensors.scalar(scalar)).isEqualTo(10);
            assertThat(Tensors.floats(half.to(ScalarType.Float))).containsExactly(11, 12);
            assertThat(half.scalar_type().intern()).isEqualTo(ScalarType.BFloat16);
        }
    }

    @Test
    void whatIsNotInRowMajorOrderStays() {
        try (TensorScope scope = TensorScope.open();
                LastingBlocks memory = LastingBlocks.open()) {
            final Tensor turned =
                    Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).t();
            final long before = address(turned);
            memory.move(turned);
            assertThat(address(turned)).isEqualTo(before);
            assertThat(turned.is_contiguous()).isFalse();
        }
    }

    /** More than one block holds, and one that no block does. */
    @Test
    void eachTensorHasAPlaceOfItsOwn() {
        final int large = 5 << 20;
        try (TensorScope scope = TensorScope.open();
                LastingBlocks memory = LastingBlocks.open()) {
            final List<Tensor> all = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                for (int count : new int[] {1, large}) {
                    final Tensor tensor = Tensors.of(new float[count], count).fill_(new Scalar(all.size()));
                    memory.move(tensor);
                    all.add(tensor);
                }
            }
            final Tensor largest = Tensors.of(new float[2 * large], 2 * large);
            final long before = address(largest);
            memory.move(largest);
            assertThat(address(largest)).isEqualTo(before);
            for (int i = 0; i < all.size(); i++) {
                assertThat(Tensors.scalar(all.get(i).min())).isEqualTo(i);
                assertThat(Tensors.scalar(all.get(i).max())).isEqualTo(i);
            }
        }
    }
}
