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
                "a\\uDE00|half of a character, U+DE00, at character 2",
                "be\\u200Bst|an invisible character, U+200B, at character 3",
                "be\\u00ADst|an invisible character, U+00AD, at character 3",
                "\\u2060best|an invisible character, U+2060, at character 1",
                "a\\u200Db|an invisible character, U+200D, at character 2",
                "\\u65E5\\u200B\\u672C|an invisible character, U+200B, at character 2",
                "a\\uDB40\\uDC41|an invisible character, U+E0041, at character 2",
                "a\\u202Eb|an override of the direction of writing, U+202E, at character 2",
                "\\u0645\\u202Eb|an override of the direction of writing, U+202E, at character 2",
                "a\\u200Fb|a mark of the direction of writing, U+200F, at character 2",
                "a\\u2066b|a mark of the direction of writing, U+2066, at character 2"
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
                "👩🏽\u200D🔬",
                "\u2764\uFE0F\u200D\uD83D\uDD25",
                "\uD83C\uDFF4\uDB40\uDC67\uDB40\uDC62\uDB40\uDC7F",
                "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645",
                "\u0915\u094D\u200D\u0937",
                "\u0E01\u200B\u0E02",
                "\u05D0\u200F (a)",
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
