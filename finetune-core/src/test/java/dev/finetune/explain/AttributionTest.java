package dev.finetune.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** What an attribution says of itself. */
class AttributionTest {
    private static final Attribution WHY = new Attribution(
            "by hand",
            "a<b",
            1.5,
            OptionalDouble.of(0.5),
            List.of("not <i>bad</i> at all", "& \"so\""),
            List.of(
                    new Attribution.Token("[CLS]", true, 0, 0, 0, 0),
                    new Attribution.Token("not", false, 0, 0, 3, -0.25),
                    new Attribution.Token("<", false, 0, 4, 5, 0.001),
                    new Attribution.Token("bad", false, 0, 7, 10, 1.0),
                    new Attribution.Token("[SEP]", true, 0, 0, 0, 0),
                    new Attribution.Token("&", false, 1, 0, 1, 0.15),
                    new Attribution.Token("so", false, 1, 3, 5, 0),
                    new Attribution.Token("[SEP]", true, 0, 0, 0, 0)));

    @Test
    void theStrongestTokensComeFirstWhateverTheirSign() {
        assertThat(WHY.topTokens(3))
                .map(Attribution.Token::toString)
                .containsExactly("+1.0000 bad", "-0.2500 not", "+0.1500 &");
        assertThat(WHY.topTokens(99)).hasSize(5).noneMatch(Attribution.Token::special);
        assertThatThrownBy(() -> WHY.topTokens(-1)).isInstanceOf(FinetuneException.class);
    }

    @Test
    void theErrorIsWhatTheSumMissesOfTheScoresDifference() {
        assertThat(WHY.sum()).isCloseTo(0.901, within(1e-12));
        assertThat(WHY.completenessError().orElseThrow()).isCloseTo(-0.099, within(1e-12));
    }

    @Test
    void htmlHoldsTheTextsEscapedWithColourAndSign() {
        final String html = WHY.toHtml();

        assertThat(html)
                .contains("a&lt;b")
                .contains("rgba(31,119,180,0.550)")
                .contains(">bad<sub style=\"font-size:.65em\">+1.0</sub>")
                .contains("rgba(255,127,14,")
                .contains(">not<sub style=\"font-size:.65em\">\u22120.25</sub>")
                .contains("&quot;")
                .contains("i&gt;")
                .doesNotContain("<i>", "<script", "http");
        assertThat(html.replaceAll("<sub.*?</sub>", "").replaceAll("<[^>]*>", ""))
                .endsWith("not &lt;i&gt;bad&lt;/i&gt; at all&amp; &quot;so&quot;");
    }

    @Test
    void tokensThatShareACharacterAreShownOnce() {
        final Attribution bytes = new Attribution(
                "by hand",
                "x",
                0,
                OptionalDouble.empty(),
                List.of("\u00E9!"),
                List.of(
                        new Attribution.Token("\u00C3", false, 0, 0, 1, 0.5),
                        new Attribution.Token("\u00A9", false, 0, 0, 1, 0.25),
                        new Attribution.Token("!", false, 0, 1, 2, 0.1)));

        assertThat(bytes.toHtml()).containsOnlyOnce(">\u00E9<").contains("+0.7500");
    }

    @Test
    void jsonHoldsEverything() {
        final JsonObject json = WHY.toJson();

        assertThat(json.keySet())
                .containsExactly(
                        "method", "target", "score", "baseline_score", "completeness_error", "texts", "tokens");
        assertThat(json.getAsJsonArray("tokens").get(3).toString())
                .isEqualTo(
                        "{\"token\":\"bad\",\"special\":false,\"text\":0,\"start\":7,\"end\":10,\"attribution\":1.0}");
    }

    @Test
    void textHasALineATokenAndBarsOfSigns() {
        assertThat(WHY.toString().lines().toList())
                .startsWith("a<b: score 1.5000, of padding alone 0.5000 (by hand; completeness error -9.9e-02)")
                .contains("  +1.0000 ++++++++++++++++++++ bad", "  -0.2500 -----                not")
                .hasSize(6);
    }

    @Test
    void settingsThatMeanNothingAreRefused() {
        assertThatThrownBy(() -> Explain.integratedGradients().steps(0))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("steps(0)");
        assertThatThrownBy(() -> Explain.integratedGradients().atOnce(-1)).hasMessageContaining("atOnce(-1)");
        assertThatThrownBy(() -> Explain.occlusion().atOnce(-2)).hasMessageContaining("atOnce(-2)");
    }
}
