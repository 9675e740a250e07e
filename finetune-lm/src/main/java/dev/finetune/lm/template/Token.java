package dev.finetune.lm.template;

/**
 * A piece of a template.
 *
 * @param kind what it is
 * @param text the data, the name, the operator, or the value of a string
 * @param value a number's value, else the text
 * @param line counted from 1
 */
record Token(Kind kind, String text, Object value, int line) {
    enum Kind {
        DATA,
        BLOCK_BEGIN,
        BLOCK_END,
        PRINT_BEGIN,
        PRINT_END,
        NAME,
        STRING,
        NUMBER,
        OPERATOR,
        END
    }

    static Token of(Kind kind, String text, int line) {
        return new Token(kind, text, text, line);
    }

    boolean isOperator(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }

    String describe() {
        return switch (kind) {
            case DATA -> "text";
            case BLOCK_BEGIN -> "\"{%\"";
            case BLOCK_END -> "\"%}\"";
            case PRINT_BEGIN -> "\"{{\"";
            case PRINT_END -> "\"}}\"";
            case END -> "the end of the template";
            case STRING -> "the string " + Repr.of(text);
            case NAME, NUMBER, OPERATOR -> "\"" + text + "\"";
        };
    }
}
