package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.Target;
import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClassSamplerTest {
    private record Labelled(Target target) implements Encoded {
        @Override
        public int length() {
            return 1;
        }
    }

    /** 990 rows of class 0, then 10 of class 1. */
    private static List<Encoded> unbalanced() {
        return IntStream.range(0, 1000)
                .mapToObj(i -> (Encoded) new Labelled(new Target.Index(i < 990 ? 0 : 1)))
                .toList();
    }

    @Test
    void aRareClassIsDrawnAsOftenAsACommonOne() {
        final int[] drawn = ClassSampler.of(unbalanced()).draw(3, 0);
        assertThat(drawn).hasSize(1000);
        assertThat(Arrays.stream(drawn).filter(row -> row >= 990).count()).isBetween(430L, 570L);
        assertThat(Arrays.stream(drawn).filter(row -> row >= 990).distinct().count())
                .isEqualTo(10);
    }

    @Test
    void equalSeedsAndEpochsDrawTheSameRowsAndOthersDoNot() {
        final ClassSampler sampler = ClassSampler.of(unbalanced());
        assertThat(sampler.draw(3, 1)).isEqualTo(sampler.draw(3, 1)).isNotEqualTo(sampler.draw(3, 2));
        assertThat(sampler.draw(3, 1)).isNotEqualTo(sampler.draw(4, 1));
    }

    @Test
    void rowsWithoutOneClassEachAreRefused() {
        assertThatThrownBy(() -> ClassSampler.of(List.of(new Labelled(new Target.Vector(new float[2])))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("one class each");
    }
}
