package dev.finetune.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AlikeClassesTest {
    private static List<AlikeClasses.Pair> in(String frequent, long often, String rare, long seldom) {
        return AlikeClasses.in(Map.of(frequent, often, rare, seldom));
    }

    @ParameterizedTest
    @CsvSource({
        "positive, Positive",
        "not spam, not_spam",
        "no-reply, NO REPLY",
        "yes, YES",
        "B-person, b-person",
        "Level 4, level 4",
        "A1B, a1b"
    })
    void capitalsAndSpacesMakeAClassOfTheirOwnHoweverOftenTheyOccur(String meant, String written) {
        assertThat(in(meant, 51, written, 49)).containsExactly(new AlikeClasses.Pair(written, 49, meant, 51));
    }

    @Test
    void namesThatLookTheSameAreFoundHoweverShortAndToldApart() {
        for (String written : List.of("a ", "\u00A0a", "a\u200B", "\u202Aa")) {
            assertThat(in("a", 51, written, 49)).containsExactly(new AlikeClasses.Pair(written, 49, "a", 51));
        }
        assertThat(in("no", 3, "No", 2)).hasSize(1);
        assertThat(in("caf\u00E9", 3, "cafe\u0301", 2).get(0))
                .hasToString("\"cafe\\u0301\" (2, did you mean \"caf\u00E9\", 3?)");
        assertThat(in("a", 3, "a\u200B\u00A0", 2).get(0))
                .hasToString("\"a\\u200B\\u00A0\" (2, did you mean \"a\", 3?)");
        assertThat(in("", 3, "  ", 2)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "positive, postive",
        "positive, posittive",
        "positive, positivo",
        "positive, psoitive",
        "positive, Postive",
        "positive, positiv",
        "card_arrival, card_arival",
        "B-person, B-persn",
        "sports news, sprots news"
    })
    void aRareNameThatIsOneSlipFromAFrequentOneIsFound(String meant, String written) {
        assertThat(in(meant, 20, written, 1)).containsExactly(new AlikeClasses.Pair(written, 1, meant, 20));
        assertThat(in(meant, 19, written, 1)).isEmpty();
        assertThat(in(meant, 199, written, 10)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 5",
        "-1, 1",
        "-100, 100",
        "100, 101",
        "1-0, 10",
        "11-1, 1-11",
        "1.0, 10",
        "2020, 2021",
        "level 4, level 5",
        "level4, level5",
        "B-PER, I-PER",
        "B-person, I-person",
        "B-group, B-person",
        "O, o",
        "A, a",
        "Type II, Type III",
        "XVIII, XVII",
        "legal, illegal",
        "typical, atypical",
        "moral, amoral",
        "grade_a, grade_b",
        "vehicle, vehicles",
        "card_arrival, card_linking",
        "male, female",
        "en-US, en-UK",
        "positive, negative",
        "hot dog, hot dogs",
        "load, road"
    })
    void namesThatDifferForAReasonAreLeftInPeace(String frequent, String rare) {
        assertThat(in(frequent, 1000, rare, 1)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 100, 4000})
    void numeralsAreNeverAlike(int classes) {
        final Map<String, Long> counts = new LinkedHashMap<>();
        IntStream.rangeClosed(1, classes)
                .forEach(i -> counts.put(Integer.toString(i), i == 1 ? 1_000_000L : 1 + i % 40));

        assertThat(AlikeClasses.in(counts)).isEmpty();
    }

    @Test
    void aMisspeltNameIsTakenForTheMostFrequentThatItMayMean() {
        assertThat(AlikeClasses.in(Map.of("contract", 50L, "contact", 500L, "contrct", 1L)))
                .containsExactly(new AlikeClasses.Pair("contrct", 1, "contact", 500));
        assertThat(AlikeClasses.in(Map.of("Spam", 5L, "spam", 500L, "SPAM", 1L, "ham", 400L)))
                .extracting(AlikeClasses.Pair::meant)
                .containsExactly("spam", "spam");
    }
}
