package dev.finetune.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class NumbersTest {
    private static void compare(float... found) {
        Numbers.assertClose(found, new float[] {1, 2, 3}, 0.1, "numbers");
    }

    @Test
    void numbersWithinTheToleranceAreClose() {
        assertThatCode(() -> compare(1, 2.05f, 2.95f)).doesNotThrowAnyException();
    }

    @Test
    void theWorstNumberIsNamedAndTheOthersAreCounted() {
        assertThatThrownBy(() -> compare(1.5f, 2, 5))
                .isInstanceOf(AssertionError.class)
                .hasMessage("numbers: 2 of 3 numbers differ by more than 0.1; number 2 is 5.0 instead of 3.0");
    }

    @Test
    void whatIsNoNumberIsWorseThanAnyNumber() {
        assertThatThrownBy(() -> compare(100, Float.NaN, 3)).hasMessageContaining("number 1 is NaN instead of 2.0");
        assertThatThrownBy(() -> compare(1, 2, Float.POSITIVE_INFINITY)).hasMessageContaining("number 2 is Infinity");
        assertThatThrownBy(
                        () -> Numbers.assertClose(new float[] {Float.NaN}, new float[] {Float.NaN}, 1, "NaN of both"))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void otherCountsAreNotClose() {
        assertThatThrownBy(() -> compare(1, 2)).hasMessage("numbers: 2 numbers instead of 3");
    }
}
