package dev.finetune.html;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.record.SearchRecord;
import dev.finetune.record.SearchRecord.State;
import dev.finetune.record.SearchRecord.TrialRow;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;

/** The pages of searches and of automatic tunings. */
class SearchPageTest {
    private static String page(SearchRecord search) {
        return new HtmlReporter().search(search);
    }

    private static TrialRow only(State state, double value) {
        return new TrialRow(0, Map.of("lr", "0.001"), state, value, Map.of(), 1, "<why> & \"how\"");
    }

    static Stream<String> pages() {
        return Stream.of(
                page(Searches.search(20)),
                page(Searches.search(1)),
                page(Searches.search(List.of())),
                page(Searches.search(List.of(only(State.DIVERGED, Double.NaN)))),
                page(Searches.search(List.of(only(State.STOPPED, 0.5)))),
                new HtmlReporter().tuning(Searches.tuning()));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void aPageIsWellFormedRefersToNothingOutsideAndHasATableBehindEachChart(String page) {
        final Element html = Html.parsed(page).getDocumentElement();
        assertThat(page).doesNotContain("http:", "https:", "url(", "<script");
        assertThat(Html.all(html, "*").stream()
                        .map(one -> one.getAttribute("id"))
                        .filter(id -> !id.isEmpty()))
                .doesNotHaveDuplicates();
        assertThat(Html.text(page)).doesNotContain("NaN", "null", "Optional", "Infinity");
        for (Element figure : Html.all(html, "figure")) {
            assertThat(Html.all(figure, "table")).hasSize(1);
            assertThat(Html.all(figure, "desc").get(0).getTextContent()).isNotBlank();
            assertThat(Html.all(figure, "text").stream()
                            .filter(text -> text.getAttribute("class").equals("name")))
                    .hasSize(2)
                    .allSatisfy(text -> assertThat(text.getTextContent()).isNotBlank());
        }
    }

    @Test
    void trialsAreRankedWithTheirSettingsAndWhyTheyWereStopped() {
        final String text = Html.text(page(Searches.search(20)));
        assertThat(text)
                .contains("best accuracy90.0 % trial 0")
                .contains("trials20 14 finished, 4 stopped early, 1 diverged, 1 failed")
                .contains("Settings of trial 0", "1e-5 to 0.001, logarithmic")
                .contains("after evaluation 1 its accuracy of 0.8 wasn't among the best 1/3")
                .contains("The loss became infinite at step 7.", "Memory ran out.")
                .contains("2 trials have no accuracy and can't be drawn");
        assertThat(text.indexOf("0 finished 90.0 %"))
                .isLessThan(text.indexOf("2 finished 88.0 %"))
                .isPositive();
    }

    @Test
    void eachSettingHasASliceAndTheSearchItsCourse() {
        final String page = page(Searches.search(20));
        assertThat(Html.all(page, "figcaption"))
                .extracting(Element::getTextContent)
                .containsExactly(
                        "Accuracy by lr",
                        "Accuracy by frozen layers",
                        "Accuracy by freeze",
                        "Accuracy of each trial, and the best by then");
        assertThat(Html.text(page)).contains("nothing", "everything but th\u2026", "embeddings");
    }

    @Test
    void aSearchOfManyTrialsStaysSmall() {
        assertThat(page(Searches.search(2_000)).getBytes(StandardCharsets.UTF_8))
                .hasSizeLessThan(900_000);
    }

    @Test
    void aTuningSaysWhatItTriedAndWhyItChose() {
        final String text = Html.text(new HtmlReporter().tuning(Searches.tuning()));
        assertThat(text)
                .contains("chosenlr 2.0e-4, 6 epochs the rate of the range test", "91.0 %")
                .contains("7 min 12 s of 10 min that were given")
                .contains("Chosen: lr 2e-4, for its accuracy of 0.9100 is the best.")
                .contains("3 lr 1 none none 3.0 s twice; it diverged");
    }
}
