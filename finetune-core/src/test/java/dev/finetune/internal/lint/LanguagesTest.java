package dev.finetune.internal.lint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LanguagesTest {
    private static final List<String> SUBJECTS =
            List.of("The film", "My new phone", "This book", "The hotel", "Her voice", "A coat");
    private static final List<String> REMARKS = List.of(
            "is far too long and I was bored by it",
            "came late but it works as it should",
            "must have been made for those who die of hunger in a war",
            "has what you need when you are on the road",
            "was the best that we have seen for years",
            "am I sure that it is worth the price, no");

    private static List<String> english(String... more) {
        final List<String> texts = new ArrayList<>();
        for (String subject : SUBJECTS) {
            REMARKS.forEach(remark -> texts.add(subject + " " + remark + "."));
        }
        texts.addAll(List.of(more));
        return texts;
    }

    @Test
    void textsInAnotherLanguageAreFoundByTheirFunctionWords() {
        final Map<Integer, String> found = Languages.others(english(
                "Der Film ist viel zu lang und sehr langweilig.",
                "Le film est trop long et je me suis ennuyé.",
                "The hat was in the war and I die for it.",
                "La película es muy larga y no me gusta."));

        assertThat(found).containsOnlyKeys(36, 37, 39);
        assertThat(found.get(36)).contains("German");
        assertThat(found.get(37)).contains("French");
        assertThat(found.get(39)).contains("Spanish");
    }

    @Test
    void textsInAnotherScriptAreFoundHoweverShort() {
        final Map<Integer, String> found =
                Languages.others(english("Очень скучно", "とても面白い", "\uD83D\uDE00 so good", "And so they say: здесь."));

        assertThat(found).containsOnlyKeys(36, 37);
        assertThat(found.get(36)).contains("Cyrillic");
        assertThat(found.get(37)).contains("Chinese or Japanese");
    }

    @Test
    void aLanguageOfManyTextsIsTheDatasOwn() {
        final List<String> mixed = english();
        IntStream.range(0, 6).forEach(i -> mixed.add("Der Film Nummer " + i + " ist nicht sehr gut und viel zu lang."));

        assertThat(Languages.others(mixed)).isEmpty();
    }

    @Test
    void textsWithoutLettersOrAnyTextAtAllAreNotJudged() {
        assertThat(Languages.others(english("", " ", "12345", "!!!", "\uD800"))).isEmpty();
        assertThat(Languages.others(List.of())).isEmpty();
        assertThat(Languages.others(List.of("Der einzige Text, der da ist."))).isEmpty();
    }

    @Test
    void lettersThatFollowEachOtherAsNowhereElseAreFound() {
        assertThat(Languages.others(english("xqzvk jwpfg qqzxv kjhgf zxcvq wvfkp mnbvq xzkqj")))
                .containsOnlyKeys(36);
    }
}
