package dev.finetune.lm.template;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into data and tags, and takes white space away as Jinja does with {@code trim_blocks} (the line break after
 * a tag) and {@code lstrip_blocks} (blanks before a tag that begins a line), unless {@code -} or {@code +} in the tag say
 * otherwise.
 */
final class Lexer {
    private static final String SPACE = "[" + Characters.SPACES + "]*";
    private static final Pattern RAW =
            Pattern.compile("\\{%[-+]?" + SPACE + "raw" + SPACE + "(?:-%\\}" + SPACE + "|%\\})");
    private static final Pattern END_RAW =
            Pattern.compile("\\{%([-+]?)" + SPACE + "endraw" + SPACE + "(?:\\+%\\}|-%\\}" + SPACE + "|%\\}\\n?)");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    private boolean lineStarts = true;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String template) {
        String unified = template.replace("\r\n", "\n").replace('\r', '\n');
        String source = unified.endsWith("\n") ? unified.substring(0, unified.length() - 1) : unified;
        Lexer lexer = new Lexer(source);
        try {
            lexer.run();
        } catch (TemplateProblem e) {
            throw new PlacedProblem(lexer.line, e);
        }
        return lexer.tokens;
    }

    private void run() {
        while (at < source.length()) {
            int tag = nextTag();
            if (tag < 0) {
                data(source.substring(at));
                advanceTo(source.length());
                break;
            }
            tag(tag);
        }
        tokens.add(Token.of(Token.Kind.END, "", line));
    }

    private int nextTag() {
        for (int i = source.indexOf('{', at); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            if ("%{#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private void tag(int tag) {
        char kind = source.charAt(tag + 1);
        char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
        boolean signed = sign == '-' || sign == '+';
        data(before(source.substring(at, tag), signed ? sign : ' ', kind != '{'));
        advanceTo(tag);
        Matcher raw = RAW.matcher(source).region(tag, source.length());
        if (kind == '%' && raw.lookingAt()) {
            advanceTo(raw.end());
            raw();
            return;
        }
        advanceTo(tag + (signed ? 3 : 2));
        if (kind == '#') {
            comment();
            return;
        }
        tokens.add(Token.of(kind == '%' ? Token.Kind.BLOCK_BEGIN : Token.Kind.PRINT_BEGIN, "", line));
        ExpressionLexer inside = new ExpressionLexer(source, at, line, kind == '%', tokens);
        try {
            int end = inside.run();
            advanceTo(end);
        } catch (TemplateProblem e) {
            line = inside.line();
            throw e;
        }
    }

    /** What is left of the text before a tag. */
    private String before(String text, char sign, boolean lstrip) {
        if (sign == '-') {
            return Characters.stripEnd(text);
        }
        int start = text.lastIndexOf('\n') + 1;
        if (sign != '+' && lstrip && (start > 0 || lineStarts) && Characters.isSpace(text.substring(start))) {
            return text.substring(0, start);
        }
        return text;
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw new TemplateProblem("the comment that begins here has no end: expected \"#}\"");
        }
        char sign = end > at ? source.charAt(end - 1) : ' ';
        advanceTo(after(end + 2, sign));
    }

    /** Behind a tag: all white space goes after {@code -}, one line break without a sign. */
    private int after(int end, char sign) {
        if (sign == '-') {
            return Characters.skipSpace(source, end);
        }
        return sign != '+' && end < source.length() && source.charAt(end) == '\n' ? end + 1 : end;
    }

    private void raw() {
        Matcher end = END_RAW.matcher(source);
        if (!end.find(at)) {
            throw new TemplateProblem("\"raw\" has no end: expected {% endraw %}");
        }
        char sign = end.group(1).isEmpty() ? ' ' : end.group(1).charAt(0);
        data(before(source.substring(at, end.start()), sign, true));
        advanceTo(end.end());
    }

    private void data(String text) {
        if (!text.isEmpty()) {
            tokens.add(Token.of(Token.Kind.DATA, text, line));
        }
    }

    private void advanceTo(int end) {
        if (end > at) {
            line += (int)
                    source.substring(at, end).chars().filter(c -> c == '\n').count();
            lineStarts = source.charAt(end - 1) == '\n';
        }
        at = end;
    }
}
