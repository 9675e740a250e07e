package dev.finetune.task;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecidingMetricTest {
    private static final List<String> TWO = List.of("no", "yes");

    private static Dataset<Text> data(Label... labels) {
        return Dataset.of(
                Text.class,
                Stream.of(labels)
                        .map(label -> new Example<>(Text.of("a"), label))
                        .toList());
    }

    private static void refused(String metric, List<String> labels, String reason, Label... truths) {
        assertThatThrownBy(() -> DecidingMetric.check(metric, labels, data(truths)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("\"" + metric + "\"", reason, "keepBest(\"loss\")");
    }

    private static void fine(String metric, List<String> labels, Label... truths) {
        assertThatCode(() -> DecidingMetric.check(metric, labels, data(truths))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"auroc", "average_precision", "mcc", "kappa", "f1", "precision", "recall"})
    void rowsOfTheFirstClassAloneLeaveNothingToTell(String metric) {
        refused(metric, TWO, "no row is \"yes\"", Label.of("no"), Label.of("no"));
        fine(metric, TWO, Label.of("no"), Label.of("yes"));
    }

    @Test
    void whatRowsOfOneClassTellPasses() {
        for (String metric : List.of("accuracy", "loss", "log_loss", "balanced_accuracy", "f1_macro")) {
            fine(metric, TWO, Label.of("no"));
        }
        fine("f1", TWO, Label.of("yes"));
        refused("auroc", TWO, "no row is \"no\"", Label.of("yes"));
    }

    @Test
    void ofSeveralClassesTheRankingNeedsAll() {
        final List<String> three = List.of("a", "b", "c");
        refused("auroc", three, "no row is \"c\"", Label.of("a"), Label.of("b"));
        fine("mcc", three, Label.of("a"), Label.of("b"));
        refused("mcc", three, "no row is \"b\"", Label.of("a"));
    }

    @Test
    void everyLabelNeedsRowsWithAndWithout() {
        final Label both = new Label.Categories(Set.of("no", "yes"));
        final Label one = new Label.Categories(Set.of("no"));
        final Label none = new Label.Categories(Set.of());
        refused("auroc", TWO, "every row has the label \"no\"", both, one);
        refused("auroc", TWO, "no row has the label \"yes\"", none, one);
        fine("auroc", TWO, both, none);
        refused("f1_micro", TWO, "no row has a label", none, none);
        fine("f1_micro", TWO, none, one);
    }

    @Test
    void equalNumbersHaveNoCorrelation() {
        refused("pearson", List.of(), "the same value", Label.of(1), Label.of(1));
        refused("spearman", List.of(), "one row", Label.of(1));
        refused("r2", List.of(), "the same value", Label.of(1), Label.of(1));
        fine("pearson", List.of(), Label.of(1), Label.of(2));
        fine("mse", List.of(), Label.of(1));
    }

    @Test
    void entitiesNeedAnEntity() {
        final Label outside = new Label.Tags(List.of("O", "O"));
        refused("f1", List.of("O", "B-X"), "all tags are \"O\"", outside);
        fine("accuracy", List.of("O", "B-X"), outside);
        fine("f1", List.of("DET", "NOUN"), new Label.Tags(List.of("DET")));
    }
}
