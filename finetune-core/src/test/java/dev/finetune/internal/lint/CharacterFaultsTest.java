package dev.finetune.internal.lint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.internal.lint.CharacterFaults.Form;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CharacterFaultsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a\\u0000b|a NUL, U+0000, at character 2",
                "a\\u0007b|a control character, U+0007, at character 2",
                "a\\u0085b|a control character, U+0085, at character 2",
                "caf\\uFFFD|the replacement character, U+FFFD, at character 4, where a byte could not be read",
                "a\\uFEFFb|a byte order mark, U+FEFF, at character 2",
                "a\\uFFFEb|U+FFFE, which is no character, at character 2",
                "a\\uD83Db|half of a character, U+D83D, at character 2",
                "a\\uDE00|half of a character, U+DE00, at character 2"
            })
    void whatNoTextShouldHaveIsFoundWithItsPlace(String escaped, String fault) {
        assertThat(CharacterFaults.encoding(unescaped(escaped))).containsExactly(fault);
    }

    private static String unescaped(String text) {
        final StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.startsWith("\\u", i)) {
                plain.append((char) Integer.parseInt(text.substring(i + 2, i + 6), 16));
                i += 5;
            } else {
                plain.append(text.charAt(i));
            }
        }
        return plain.toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"café", "it’s", "“so”", "naïve – or not", "Привет", "日本語", "😀", "ça va à l'œil", "£5", "10 °C"})
    void utf8ThatWasReadAsWindowsOrLatin1IsFoundWithWhatWasMeant(String text) {
        for (Charset wrong : List.of(Charset.forName("windows-1252"), StandardCharsets.ISO_8859_1)) {
            final String misread = new String(text.getBytes(StandardCharsets.UTF_8), wrong);
            assertThat(String.join(";", CharacterFaults.encoding(misread)))
                    .as(misread)
                    .containsAnyOf("UTF-8 read as", "replacement character", "control character");
        }
        assertThat(CharacterFaults.encoding("Ã©tÃ©").get(0)).contains("probably \"é\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "plain",
                "tab\tand\r\nlines",
                "Straße–",
                "É…",
                "NÃO",
                "Ñandú",
                "¡Hola! ¿Qué?",
                "Âge d’or",
                "ÀÉÎÕÜ",
                "Привет",
                "日本語",
                "😀👍🏽",
                "👨\u200D👩\u200D👧",
                "“quoted” — dashes",
                "x ≤ y",
                "a&b",
                "<3",
                "a < b > c",
                "C:\\users",
                "AT&T; so"
            })
    void textThatIsMeantIsLeftAlone(String text) {
        assertThat(CharacterFaults.encoding(text)).isEmpty();
        assertThat(CharacterFaults.markup(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a &amp; b",
                "it&#39;s",
                "&nbsp;",
                "line<br />break",
                "<b>bold</b>",
                "<a href='x'>y</a>",
                "caf\\u00e9",
                "&#x27;"
            })
    void markupAndEscapesAreFound(String text) {
        assertThat(CharacterFaults.markup(text)).isPresent();
    }

    @Test
    void normalFormsAreTold() {
        assertThat(CharacterFaults.form("plain")).isEqualTo(Form.EITHER);
        assertThat(CharacterFaults.form("日本")).isEqualTo(Form.EITHER);
        assertThat(CharacterFaults.form("caf\u00E9")).isEqualTo(Form.NFC);
        assertThat(CharacterFaults.form("cafe\u0301")).isEqualTo(Form.NFD);
        assertThat(CharacterFaults.form("caf\u00E9 cafe\u0301")).isEqualTo(Form.MIXED);
    }
}
