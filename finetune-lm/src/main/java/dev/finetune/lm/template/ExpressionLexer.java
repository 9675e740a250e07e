package dev.finetune.lm.template;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts the inside of a tag into names, literals and operators, up to the end of the tag. */
final class ExpressionLexer {
    private static final Pattern FLOAT = Pattern.compile("(?:[0-9]+_)*+[0-9]++"
            + "(?:(?:\\.(?:[0-9]+_)*[0-9]++)?[eE][+-]?(?:[0-9]+_)*[0-9]++|\\.(?:[0-9]+_)*[0-9]++)");
    private static final Pattern INTEGER =
            Pattern.compile("0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?[0-9])*+|0(?:_?0)*+");
    private static final List<String> LONG_OPERATORS = List.of("//", "**", "==", "!=", ">=", "<=");
    private static final int MOST_DIGITS = 1000;

    private final String source;
    private final boolean block;
    private final List<Token> tokens;
    private final Deque<Character> open = new ArrayDeque<>();
    private int at;
    private int line;

    ExpressionLexer(String source, int at, int line, boolean block, List<Token> tokens) {
        this.source = source;
        this.at = at;
        this.line = line;
        this.block = block;
        this.tokens = tokens;
    }

    int line() {
        return line;
    }

    /** Adds the tokens of the tag, its end included, and gives the place behind it. */
    int run() {
        while (at < source.length()) {
            if (open.isEmpty() && ends()) {
                return at;
            }
            token();
        }
        return at;
    }

    private boolean ends() {
        char sign = source.charAt(at);
        boolean signed = sign == '-' || (block && sign == '+');
        int end = at + (signed ? 1 : 0);
        if (!source.startsWith(block ? "%}" : "}}", end)) {
            return false;
        }
        tokens.add(Token.of(block ? Token.Kind.BLOCK_END : Token.Kind.PRINT_END, "", line));
        at = end + 2;
        if (sign == '-') {
            at = Characters.skipSpace(source, at);
        } else if (block && !signed && at < source.length() && source.charAt(at) == '\n') {
            at++;
        }
        return true;
    }

    private void token() {
        int c = source.codePointAt(at);
        if (Characters.isSpace(c)) {
            line += c == '\n' ? 1 : 0;
            at += Character.charCount(c);
        } else if (c >= '0' && c <= '9') {
            number();
        } else if (isStart(c)) {
            int end = at;
            while (end < source.length() && isPart(source.codePointAt(end))) {
                end += Character.charCount(source.codePointAt(end));
            }
            add(Token.Kind.NAME, end);
        } else if (c == '\'' || c == '"') {
            string((char) c);
        } else {
            operator();
        }
    }

    private static boolean isStart(int c) {
        return c == '_' || Character.isUnicodeIdentifierStart(c);
    }

    private static boolean isPart(int c) {
        return c == '_' || (Character.isUnicodeIdentifierPart(c) && !Character.isIdentifierIgnorable(c));
    }

    private void add(Token.Kind kind, int end) {
        tokens.add(Token.of(kind, source.substring(at, end), line));
        at = end;
    }

    private void number() {
        boolean afterDot = at > 0 && source.charAt(at - 1) == '.';
        Matcher number = FLOAT.matcher(source).region(at, source.length());
        if (!afterDot && number.lookingAt()) {
            String digits = number.group().replace("_", "");
            tokens.add(new Token(Token.Kind.NUMBER, number.group(), Double.valueOf(digits), line));
        } else {
            number = INTEGER.matcher(source).region(at, source.length());
            if (!number.lookingAt() || number.group().length() > MOST_DIGITS) {
                throw new TemplateProblem("a number is expected at \"" + shown() + "\"");
            }
            tokens.add(new Token(Token.Kind.NUMBER, number.group(), integer(number.group()), line));
        }
        at = number.end();
    }

    private static Object integer(String text) {
        String digits = text.replace("_", "").toLowerCase(Locale.ROOT);
        int radix = digits.startsWith("0x") ? 16 : digits.startsWith("0o") ? 8 : digits.startsWith("0b") ? 2 : 10;
        return Numbers.of(new BigInteger(radix == 10 ? digits : digits.substring(2), radix));
    }

    private void string(char quote) {
        int end = at + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw new TemplateProblem("the string that begins at \"" + shown() + "\" has no end");
        }
        String inside = source.substring(at + 1, end);
        tokens.add(Token.of(Token.Kind.STRING, StringLiterals.value(inside), line));
        line += (int) inside.chars().filter(c -> c == '\n').count();
        at = end + 1;
    }

    private void operator() {
        for (String operator : LONG_OPERATORS) {
            if (source.startsWith(operator, at)) {
                add(Token.Kind.OPERATOR, at + 2);
                return;
            }
        }
        char c = source.charAt(at);
        if ("+-/*%~[](){}><=.:|,;".indexOf(c) < 0) {
            throw new TemplateProblem("unexpected character at \"" + shown() + "\"");
        }
        if ("([{".indexOf(c) >= 0) {
            open.push(c == '(' ? ')' : c == '[' ? ']' : '}');
        } else if (")]}".indexOf(c) >= 0 && (open.isEmpty() || open.pop() != c)) {
            throw new TemplateProblem("\"" + c + "\" closes nothing that is open");
        }
        add(Token.Kind.OPERATOR, at + 1);
    }

    private String shown() {
        return source.substring(at, Math.min(at + 20, source.length()));
    }
}
