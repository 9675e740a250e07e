package dev.finetune.lm.template;

import java.util.function.IntPredicate;

/** What a string consists of. */
final class TextKinds {
    private TextKinds() {}

    static Object is(String text, String name) {
        return switch (name) {
            case "isspace" -> all(text, Characters::isSpace);
            case "isalpha" -> all(text, Character::isLetter);
            case "isdecimal" -> all(text, c -> Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER);
            case "isdigit", "isnumeric" -> all(text, c -> isDigit(c, name));
            case "isalnum" -> all(text, c -> Character.isLetter(c) || isDigit(c, name));
            case "isupper" -> isUpper(text);
            case "islower" -> isLower(text);
            case "isascii" -> text.chars().allMatch(c -> c < 128);
            case "isprintable" -> text.codePoints().allMatch(Repr::isPrintable);
            default -> throw TemplateProblem.lacking("the method " + name + "() of strings");
        };
    }

    static boolean isUpper(String text) {
        return text.codePoints().anyMatch(Character::isUpperCase)
                && text.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
    }

    static boolean isLower(String text) {
        return text.codePoints().anyMatch(Character::isLowerCase)
                && text.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
    }

    private static boolean all(String text, IntPredicate is) {
        return !text.isEmpty() && text.codePoints().allMatch(is);
    }

    private static boolean isDigit(int c, String name) {
        int type = Character.getType(c);
        boolean doubtful = type == Character.OTHER_NUMBER
                || type == Character.LETTER_NUMBER
                || (name.equals("isnumeric") && Character.isIdeographic(c));
        if (doubtful) {
            throw TemplateProblem.lacking(name + "() of \"" + Character.toString(c) + "\"");
        }
        return type == Character.DECIMAL_DIGIT_NUMBER;
    }
}
