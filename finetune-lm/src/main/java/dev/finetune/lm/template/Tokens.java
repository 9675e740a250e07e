package dev.finetune.lm.template;

import java.util.List;

/** The tokens of a template, one after the other. */
final class Tokens {
    private final List<Token> all;
    private int at;

    Tokens(List<Token> all) {
        this.all = all;
    }

    Token current() {
        return all.get(at);
    }

    Token ahead() {
        return all.get(Math.min(at + 1, all.size() - 1));
    }

    Token next() {
        Token token = current();
        at = Math.min(at + 1, all.size() - 1);
        return token;
    }

    int line() {
        return current().line();
    }

    boolean is(Token.Kind kind) {
        return current().kind() == kind;
    }

    boolean isOperator(String operator) {
        return current().isOperator(operator);
    }

    boolean skipOperator(String operator) {
        boolean there = current().isOperator(operator);
        if (there) {
            next();
        }
        return there;
    }

    boolean skipName(String name) {
        boolean there = current().isName(name);
        if (there) {
            next();
        }
        return there;
    }

    Token expect(Token.Kind kind, String what) {
        if (!is(kind)) {
            throw unexpected(what);
        }
        return next();
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw unexpected("\"" + operator + "\"");
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw unexpected("\"" + name + "\"");
        }
    }

    TemplateProblem unexpected(String expected) {
        return new TemplateProblem("found " + current().describe() + " where " + expected + " is expected");
    }
}
