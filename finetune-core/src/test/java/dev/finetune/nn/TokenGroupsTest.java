package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenGroupsTest {
    private static final ForwardContext WITHOUT_PADDING =
            ForwardContext.evaluating().leavingOutPadding(true);
    private static final int WIDTH = 6;

    private static Batch batch(long[] mask, int length) {
        return new Batch(
                new HostBatch(Map.of("mask", new HostTensor.Longs(mask, mask.length / length, length)), List.of()),
                Tensors.cpu());
    }

    private static long[] mask(int[] lengths, int longest) {
        final long[] mask = new long[lengths.length * longest];
        for (int row = 0; row < lengths.length; row++) {
            Arrays.fill(mask, row * longest, row * longest + lengths[row], 1);
        }
        return mask;
    }

    private static Tensor random(SplittableRandom random, long... shape) {
        return Tensors.of(Made.normal(random, 1, (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)), shape);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void whatIsComputedTokenByTokenAndByAttentionIsThatOfThePaddedBatch(int seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final int longest = random.nextInt(20, 50);
        final int[] lengths = random.ints(random.nextInt(2, 20), 1, longest / 2).toArray();
        lengths[random.nextInt(lengths.length)] = longest;
        final long[] mask = mask(lengths, longest);
        final Attention attention = new Attention(2, new Dropout(0));
        try (TensorScope scope = TensorScope.open();
                Batch batch = batch(mask, longest)) {
            final Tensor input = random(random, lengths.length, longest, WIDTH).requires_grad_(true);
            final Tensor shown = Tensors.of(new HostTensor.Longs(mask, lengths.length, longest), Tensors.cpu())
                    .unsqueeze(2);
            final Tensor weighed =
                    random(random, lengths.length, longest, WIDTH).mul(shown);
            final TokenGroups groups =
                    TokenGroups.of(batch, "mask", WITHOUT_PADDING).orElseThrow();
            final Tensor tokens = groups.gather(input);
            final List<Long> seen = new ArrayList<>();
            final Tensor ours = groups.pad(groups.attend(List.of(tokens, tokens, tokens), (all, bias, length) -> {
                assertThat(Tensors.shape(all.get(0))).containsExactly(all.get(0).size(0), length, WIDTH);
                seen.add(all.get(0).size(0));
                return attention.forward(all.get(0), all.get(1), all.get(2), bias, WITHOUT_PADDING);
            }));
            assertThat(seen.stream().mapToLong(Long::longValue).sum()).isEqualTo(lengths.length);
            assertThat(tokens.size(1)).isLessThan((long) (0.9 * mask.length) + 1);
            ours.mul(weighed).sum().backward();
            final Tensor gradient = input.grad().clone();
            input.mutable_grad().reset();

            final Tensor bias = shown.squeeze(2)
                    .unsqueeze(1)
                    .unsqueeze(1)
                    .eq(new Scalar(0L))
                    .to(ScalarType.Float)
                    .mul(new Scalar(-1e9));
            final Tensor padded = attention.forward(input, input, input, bias, WITHOUT_PADDING);
            padded.mul(weighed).sum().backward();
            assertNear(ours.mul(shown), padded.mul(shown));
            assertNear(gradient.mul(shown), input.grad().mul(shown));
            assertThat(ours.isfinite().all().item_bool()).isTrue();
        }
    }

    private static void assertNear(Tensor is, Tensor expected) {
        assertThat(Tensors.floats(is)).containsExactly(Tensors.floats(expected), within(1e-5f));
    }

    @Test
    void numbersOfTokensComeInTheOrderOfTokens() {
        final int[] lengths = {1, 5, 2};
        try (TensorScope scope = TensorScope.open();
                Batch batch = batch(mask(lengths, 5), 5)) {
            final TokenGroups groups =
                    TokenGroups.of(batch, "mask", WITHOUT_PADDING).orElseThrow();
            final Tensor numbers = Tensors.of(new HostTensor.Longs(new long[] {0, 1, 2, 3, 4}, 1, 5), Tensors.cpu());
            assertThat(TensorValues.longs(groups.gatherNumbers(numbers))).containsExactly(0, 1, 2, 3, 4, 0, 1, 0, 1);
        }
    }

    @Test
    void allIsComputedWhereLittleIsPadding() {
        assertThat(isGrouped(mask(new int[] {10, 10, 9}, 10), 10, WITHOUT_PADDING))
                .isFalse();
        assertThat(isGrouped(mask(new int[] {10}, 10), 10, WITHOUT_PADDING)).isFalse();
        assertThat(isGrouped(mask(new int[] {10, 2}, 10), 10, WITHOUT_PADDING)).isTrue();
    }

    @Test
    void allIsComputedWherePaddingIsAskedFor() {
        assertThat(isGrouped(mask(new int[] {10, 2}, 10), 10, ForwardContext.evaluating()))
                .isFalse();
        assertThat(isGrouped(mask(new int[] {10, 2}, 10), 10, ForwardContext.training(1)))
                .isFalse();
    }

    @Test
    void allIsComputedWherePaddingIsNotBehindTheTokensOrARowHasNone() {
        assertThat(isGrouped(new long[] {1, 1, 1, 1, 0, 0, 0, 1}, 4, WITHOUT_PADDING))
                .isFalse();
        assertThat(isGrouped(new long[] {1, 1, 1, 1, 0, 0, 1, 0}, 4, WITHOUT_PADDING))
                .isFalse();
        assertThat(isGrouped(new long[] {1, 1, 1, 1, 0, 0, 0, 0}, 4, WITHOUT_PADDING))
                .isFalse();
        assertThat(isGrouped(new long[0], 4, WITHOUT_PADDING)).isFalse();
    }

    private static boolean isGrouped(long[] mask, int length, ForwardContext context) {
        try (TensorScope scope = TensorScope.open();
                Batch batch = batch(mask, length)) {
            return TokenGroups.of(batch, "mask", context).isPresent();
        }
    }
}
