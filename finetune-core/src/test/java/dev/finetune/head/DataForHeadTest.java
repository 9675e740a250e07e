package dev.finetune.head;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every head with every kind of label: it learns from one, and all others are refused with what to write instead. */
class DataForHeadTest {
    private enum Kind {
        CLASSES(Heads.classes(2), Label.of("good"), "head(...) with the number or the names"),
        SEVERAL(Heads.multiLabel(), new Label.Categories(Set.of("good")), "head(Heads.multiLabel())"),
        NUMBER(Heads.regression(), Label.of(0.5), "head(Heads.regression(1))"),
        TAGS(Heads.tokens(), new Label.Tags(List.of("O")), "head(Heads.tokens())"),
        ANSWERS(
                Heads.questionAnswering(),
                new Label.Answers(List.of(new Label.Answer("a", 0))),
                "head(Heads.questionAnswering())"),
        MASKED(Heads.maskedLm(), Label.none(), "head(Heads.maskedLm())"),
        NO_TASK(Heads.features(Pooling.MEAN), null, "");

        private final Head head;
        private final Label label;
        private final String word;

        Kind(Head head, Label label, String word) {
            this.head = head;
            this.label = label;
            this.word = word;
        }
    }

    private static Dataset<Text> data(Label label) {
        return Dataset.of(Text.class, List.of(new Example<>(Text.of("a"), label)))
                .describedAs("reviews.tsv");
    }

    @Test
    void aLabelThatNoFileCanHoldIsNamed() {
        assertThatThrownBy(() -> Heads.classes("good", "ba\ud83dd"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("\"ba\\ud83dd\"", "surrogate", "can't be saved");
        assertThat(Heads.classes("good", "\ud83d\ude00").labels()).contains("\ud83d\ude00");
    }

    @ParameterizedTest
    @EnumSource
    void aHeadLearnsFromItsOwnKindOfLabelAndNoOther(Kind kind) {
        final Map<Kind, String> refused = new LinkedHashMap<>();
        for (Kind other : Kind.values()) {
            if (other.label != null && other != kind) {
                assertThatThrownBy(() -> DataForHead.check(kind.head, data(other.label)))
                        .as("a head for %s, and %s", kind, other)
                        .isInstanceOf(FinetuneException.class)
                        .satisfies(thrown -> refused.put(other, thrown.getMessage()));
            }
        }
        if (kind.label != null) {
            DataForHead.check(kind.head, data(kind.label));
        }
        refused.forEach((other, message) -> {
            if (kind == Kind.NO_TASK) {
                assertThat(message).contains("learns nothing", "say what to predict");
            } else {
                assertThat(message).contains("reviews.tsv", kind.head.toString(), other.word);
            }
        });
    }

    @Test
    void labelsBesideWordsThatAreMaskedAreRefusedWithBothWaysOut() {
        assertThatThrownBy(() -> DataForHead.check(Heads.maskedLm(), data(Label.of("good"))))
                .hasMessageContainingAll("one class each", "learn nothing", "say head(...)", "unlabelled()");
    }
}
