package dev.finetune.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VisibleTest {
    @Test
    void whatATerminalWouldObeyIsEscaped() {
        assertThat(Visible.of("a\u001B[2Jb\rc\u0007\u009B\u007F\u202Ed"))
                .isEqualTo("a\\u001B[2Jb\\u000Dc\\u0007\\u009B\\u007F\\u202Ed");
    }

    @Test
    void linesTabsAndLettersOfAnyScriptStay() {
        final String text = "one\n\ttwo gr\u00FCn \u4F60\u597D \uD83D\uDC68\u200D\uD83D\uDC69 \u05D0";
        assertThat(Visible.of(text)).isEqualTo(text);
    }
}
