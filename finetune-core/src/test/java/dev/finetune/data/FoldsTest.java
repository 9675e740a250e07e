package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every example is validated on once, and every fold looks like the whole. */
class FoldsTest {
    private static Dataset<Text> random(Random random) {
        final List<Example<Text>> examples = new ArrayList<>();
        for (int row = 20 + random.nextInt(200); row > 0; row--) {
            final int drawn = (int) (5 * Math.pow(random.nextDouble(), 2));
            examples.add(new Example<>(Text.of("row " + row), Label.of("class" + drawn)));
        }
        return Dataset.of(Text.class, examples);
    }

    private static Map<Label, Long> counts(Dataset<Text> data) {
        return data.stream().collect(Collectors.groupingBy(Example::label, Collectors.counting()));
    }

    @Test
    void foldsPartTheDataAndKeepTheClassesShares() {
        final Random random = new Random(1);
        for (int round = 0; round < 50; round++) {
            final Dataset<Text> data = random(random);
            final int count = 2 + random.nextInt(6);
            final List<Split<Text>> folds = data.folds(count, round);
            assertThat(folds).hasSize(count);
            final List<Example<Text>> all = new ArrayList<>();
            for (Split<Text> fold : folds) {
                all.addAll(fold.validation().asList());
                assertThat(fold.train().asList())
                        .hasSize((int) data.size().getAsLong()
                                - fold.validation().asList().size())
                        .doesNotContainAnyElementsOf(fold.validation().asList());
                counts(data)
                        .forEach((label, whole) -> assertThat(
                                        counts(fold.validation()).getOrDefault(label, 0L))
                                .isBetween(whole / count, (whole + count - 1) / count));
            }
            assertThat(all).containsExactlyInAnyOrderElementsOf(data.asList());
            assertThat(data.folds(count, round).get(0).validation().asList())
                    .isEqualTo(folds.get(0).validation().asList());
        }
    }

    @Test
    void tooManyFoldsOneFoldAndStreamsAreRefused() {
        final Dataset<Text> data = Dataset.texts(List.of("a", "b", "c"), List.of("x", "y", "x"));
        assertThat(data.folds(3, 1)).hasSize(3);
        assertThatThrownBy(() -> data.folds(4, 1))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("2 to 3 folds");
        assertThatThrownBy(() -> data.folds(1, 1)).hasMessageContaining("not 1");
        assertThatThrownBy(() -> Dataset.streamed(Text.class, data::stream).folds(2, 1))
                .hasMessageContaining("streamed");
    }
}
