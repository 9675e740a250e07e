package dev.finetune.lm.template;

/** The escapes of Python's strings, as its decoder "unicode-escape" reads them. */
final class StringLiterals {
    private static final String SIMPLE = "\\'\"abfnrtv";
    private static final String MEANT = "\\'\"\u0007\b\f\n\r\t\u000b";

    private final String text;
    private final StringBuilder result = new StringBuilder();
    private int at;

    private StringLiterals(String text) {
        this.text = text;
    }

    /** What is written between the quotes, as the value that it stands for. */
    static String value(String text) {
        return text.indexOf('\\') < 0 ? text : new StringLiterals(text).decoded();
    }

    private String decoded() {
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '\\') {
                escape();
            } else {
                result.append(c);
            }
        }
        return result.toString();
    }

    private void escape() {
        char c = text.charAt(at++);
        int simple = SIMPLE.indexOf(c);
        if (simple >= 0) {
            result.append(MEANT.charAt(simple));
        } else if (c == 'x' || c == 'u' || c == 'U') {
            hex(c == 'x' ? 2 : c == 'u' ? 4 : 8);
        } else if (c >= '0' && c <= '7') {
            octal();
        } else if (c == 'N' || c > 126) {
            throw TemplateProblem.lacking("the escape \\" + c + " in a string");
        } else if (c != '\n') {
            result.append('\\').append(c);
        }
    }

    private void hex(int digits) {
        String code = text.substring(at, Math.min(at + digits, text.length()));
        if (code.length() < digits || !code.chars().allMatch(c -> Character.digit(c, 16) >= 0 && c < 128)) {
            throw new TemplateProblem("the escape in " + text + " needs " + digits + " hexadecimal digits");
        }
        long value = Long.parseLong(code, 16);
        if (value > Character.MAX_CODE_POINT || (value >= 0xd800 && value < 0xe000)) {
            throw TemplateProblem.lacking("a character of the number 0x" + code);
        }
        result.appendCodePoint((int) value);
        at += digits;
    }

    private void octal() {
        int end = --at;
        while (end < Math.min(at + 3, text.length()) && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
            end++;
        }
        result.append((char) Integer.parseInt(text.substring(at, end), 8));
        at = end;
    }
}
