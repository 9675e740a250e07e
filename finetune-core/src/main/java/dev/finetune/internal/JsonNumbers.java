package dev.finetune.internal;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** JSON's numbers as they are: nothing is cut off, wraps around, or becomes infinite. */
public final class JsonNumbers {
    /** More digits than any number of a file needs; parsing takes the square of them. */
    private static final int LONGEST = 400;

    private JsonNumbers() {}

    /** A whole number that an int holds, also if it is written as 2.0 or 2e0; empty for all else. */
    public static OptionalInt whole(@Nullable JsonElement element) {
        if (element == null || !isShortNumber(element)) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(new BigDecimal(element.getAsString()).intValueExact());
        } catch (ArithmeticException | NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    /** A finite number; empty for all else. */
    public static OptionalDouble finite(@Nullable JsonElement element) {
        if (element == null || !isShortNumber(element)) {
            return OptionalDouble.empty();
        }
        double number = element.getAsDouble();
        return Double.isFinite(number) ? OptionalDouble.of(number) : OptionalDouble.empty();
    }

    private static boolean isShortNumber(JsonElement element) {
        return element instanceof JsonPrimitive number
                && number.isNumber()
                && number.getAsString().length() <= LONGEST;
    }
}
