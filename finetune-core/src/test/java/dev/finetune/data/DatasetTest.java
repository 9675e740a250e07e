package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DatasetTest {
    private static final Dataset<Text> DATA = Dataset.texts(List.of("a", "b", "c", "d"), List.of("x", "y", "x", "y"));

    private static List<String> texts(Dataset<Text> data) {
        return data.stream().map(example -> example.input().text()).toList();
    }

    @Test
    void textsNeedAsManyLabels() {
        assertThat(DATA.asList()).contains(new Example<>(Text.of("b"), Label.of("y")));
        assertThatThrownBy(() -> Dataset.texts(List.of("a"), List.of())).hasMessageContaining("1 texts and 0 labels");
    }

    @Test
    void derivedDataSetsLeaveTheirOriginAlone() {
        assertThat(texts(DATA.limit(2))).containsExactly("a", "b");
        assertThat(texts(DATA.limit(9))).hasSize(4);
        assertThat(texts(DATA.filter(example -> example.label().equals(Label.of("x")))))
                .containsExactly("a", "c");
        assertThat(texts(DATA.concat(DATA.limit(1)))).containsExactly("a", "b", "c", "d", "a");
        assertThat(DATA.map(example -> new Example<>(example.input(), Label.none())).stream()
                        .map(Example::label))
                .containsOnly(Label.none());
        assertThat(DATA.map(
                                Words.class,
                                example ->
                                        new Example<>(Words.of(example.input().text()), Label.none()))
                        .inputType())
                .isEqualTo(Words.class);
        assertThat(DATA.size()).hasValue(4);
        assertThat(DATA.describe()).isEqualTo("4 examples from memory");
        assertThatThrownBy(() -> DATA.limit(-1)).hasMessageContaining("limit(-1)");
    }

    @Test
    void aListThatChangesLaterDoesNotChangeTheData() {
        List<Example<Text>> examples = new ArrayList<>(DATA.asList());
        Dataset<Text> data = Dataset.of(Text.class, examples);
        examples.clear();

        assertThat(data.size()).hasValue(4);
    }

    @Test
    void aStreamedDataSetAsksItsSourceAtEachPassAndClosesIt() {
        AtomicInteger opened = new AtomicInteger();
        AtomicInteger closed = new AtomicInteger();
        Dataset<Text> data = Dataset.streamed(Text.class, () -> {
            opened.incrementAndGet();
            return DATA.stream().onClose(closed::incrementAndGet);
        });

        for (int pass = 1; pass <= 3; pass++) {
            List<String> seen = new ArrayList<>();
            for (Example<Text> example : data.limit(2)) {
                seen.add(example.input().text());
            }
            assertThat(seen).containsExactly("a", "b");
            assertThat(opened).hasValue(pass);
            assertThat(closed).hasValue(pass);
        }
        assertThat(data.size()).isEmpty();
        assertThat(texts(data.concat(DATA))).hasSize(8);
        assertThat(texts(DATA.concat(data))).hasSize(8);
        assertThat(texts(data.filter(example -> example.label().equals(Label.of("y")))))
                .containsExactly("b", "d");
        assertThatThrownBy(() -> data.split(0.5, 1)).hasMessageContaining("can't be split");
        assertThatThrownBy(data::asList).hasMessageContaining("streamed");
    }

    @Test
    void anEndlessStreamCanBeLimited() {
        Dataset<Text> data = Dataset.streamed(
                Text.class, () -> Stream.iterate(0, i -> i + 1).map(i -> new Example<>(Text.of("" + i), Label.none())));

        assertThat(data.limit(1000)).hasSize(1000);
    }
}
