package dev.finetune.lm.template;

import dev.finetune.lm.template.Statements.Body;
import dev.finetune.lm.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Parses a template into statements. */
final class Parser {
    private static final int MOST_DEPTH = 100;

    private final Tokens tokens;
    private final Names names = new Names();
    private final ExpressionParser expressions;
    private final TargetParser targets;
    private int depth;

    /** How many loops are around, up to the macro. */
    private int loops;

    private Parser(List<Token> all) {
        tokens = new Tokens(all);
        expressions = new ExpressionParser(tokens, names);
        targets = new TargetParser(tokens, names);
    }

    /**
     * A template that was read.
     *
     * @param body what it does
     * @param hidden variables that are undefined until it sets them
     */
    record Parsed(Body body, Set<String> hidden) {}

    static Parsed parse(String template) {
        Parser parser = new Parser(Lexer.tokens(template));
        try {
            Body body = parser.body(Set.of());
            if (!parser.tokens.is(Kind.END)) {
                throw parser.tokens.unexpected("the end of the template");
            }
            return new Parsed(body, parser.names.finish());
        } catch (TemplateProblem e) {
            throw new PlacedProblem(parser.tokens.line(), e);
        }
    }

    /** Statements up to one of these tags, whose name is then the current token, or to the template's end. */
    private Body body(Set<String> ends) {
        if (++depth > MOST_DEPTH) {
            throw new TemplateProblem("tags lie more than " + MOST_DEPTH + " deep");
        }
        List<Statement> statements = new ArrayList<>();
        while (!tokens.is(Kind.END)) {
            Token token = tokens.next();
            if (token.kind() == Kind.DATA) {
                statements.add(new Statements.Text(token.text()));
            } else if (token.kind() == Kind.PRINT_BEGIN) {
                statements.add(new Statements.Print(expressions.tuple(true), token.line()));
                tokens.expect(Kind.PRINT_END, "\"}}\"");
            } else {
                if (tokens.is(Kind.NAME) && ends.contains(tokens.current().text())) {
                    depth--;
                    return new Body(statements);
                }
                statements.add(statement());
                tokens.expect(Kind.BLOCK_END, "\"%}\"");
            }
        }
        if (!ends.isEmpty()) {
            throw new TemplateProblem(
                    "the template ends where {% " + String.join(" %} or {% ", ends) + " %} is expected");
        }
        depth--;
        return new Body(statements);
    }

    /** The inside of a tag that was begun, up to one of its ends. */
    private Body inside(String... ends) {
        tokens.skipOperator(":");
        tokens.expect(Kind.BLOCK_END, "\"%}\"");
        return body(Set.of(ends));
    }

    private Statement statement() {
        Token tag = tokens.expect(Kind.NAME, "the name of a tag");
        int line = tag.line();
        return switch (tag.text()) {
            case "if" -> condition(line);
            case "for" -> loop(line);
            case "set" -> set(line);
            case "macro" -> macro();
            case "call" -> callBlock(line);
            case "filter" -> filterBlock(line);
            case "with" -> with(line);
            case "print" -> print(line);
            case "generation" -> generation(line);
            case "break", "continue" -> leave(tag.text());
            default -> throw TemplateProblem.lacking("the tag {% " + tag.text() + " %}");
        };
    }

    private Statement condition(int line) {
        Expression condition = expressions.tuple(false);
        names.enterBranch();
        Body body = inside("elif", "else", "endif");
        String next = tokens.next().text();
        Statement otherwise = Body.EMPTY;
        if (next.equals("elif")) {
            if (++depth > 10 * MOST_DEPTH) {
                throw new TemplateProblem("an \"if\" has too many branches");
            }
            otherwise = condition(tokens.line());
            depth--;
        } else if (next.equals("else")) {
            otherwise = inside("endif");
            tokens.next();
        }
        names.leaveBranch();
        return new Statements.If(condition, body, otherwise, line);
    }

    private Statement loop(int line) {
        Target target = targets.target(false, "in");
        tokens.expectName("in");
        Expression all = expressions.tuple(false, "recursive");
        names.enterScope();
        Expression condition = tokens.skipName("if") ? expressions.expression() : null;
        names.leaveScope();
        if (tokens.current().isName("recursive")) {
            throw TemplateProblem.lacking("a recursive loop");
        }
        Set<String> hidden = names.enterScope();
        targets.given(target);
        loops++;
        Body body = inside("endfor", "else");
        loops--;
        names.leaveScope();
        Set<String> hiddenOtherwise = names.enterScope();
        Body otherwise = Body.EMPTY;
        if (tokens.next().isName("else")) {
            otherwise = inside("endfor");
            tokens.next();
        }
        names.leaveScope();
        return new Statements.For(target, all, condition, body, hidden, otherwise, hiddenOtherwise, line);
    }

    private Statement set(int line) {
        Target target = targets.target(true);
        if (tokens.skipOperator("=")) {
            Expression value = expressions.tuple(true);
            targets.set(target);
            return new Statements.Assign(target, value, line);
        }
        List<Expressions.Filtered> filters = expressions.postfix().waiting(false);
        targets.set(target);
        Set<String> hidden = names.enterScope();
        Body body = inside("endset");
        names.leaveScope();
        tokens.next();
        return new Statements.Captured(target, body, hidden, Macros.chain(filters), line);
    }

    private Statement filterBlock(int line) {
        List<Expressions.Filtered> filters = expressions.postfix().waiting(true);
        Set<String> hidden = names.enterScope();
        Body body = inside("endfilter");
        names.leaveScope();
        tokens.next();
        return new Statements.Captured(null, body, hidden, Macros.chain(filters), line);
    }

    private Statement with(int line) {
        List<Target> variables = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.is(Kind.BLOCK_END)) {
            if (!variables.isEmpty()) {
                tokens.expectOperator(",");
            }
            variables.add(targets.target(false));
            tokens.expectOperator("=");
            values.add(expressions.expression());
        }
        Set<String> hidden = names.enterScope();
        variables.forEach(targets::given);
        Body body = inside("endwith");
        names.leaveScope();
        tokens.next();
        return new Statements.With(variables, values, body, hidden, line);
    }

    private Statement print(int line) {
        List<Statement> printed = new ArrayList<>();
        while (!tokens.is(Kind.BLOCK_END)) {
            if (!printed.isEmpty()) {
                tokens.expectOperator(",");
            }
            printed.add(new Statements.Print(expressions.expression(), line));
        }
        return new Body(printed);
    }

    private Statement generation(int line) {
        Set<String> hidden = names.enterScope();
        Body body = function("endgeneration");
        names.leaveScope();
        return new Statements.Generation(body, hidden, line);
    }

    private Statement leave(String tag) {
        if (loops == 0) {
            throw new TemplateProblem("{% " + tag + " %} stands outside of a loop");
        }
        return new Statements.Leave(tag.equals("break") ? Statement.Next.AFTER_LOOP : Statement.Next.ITERATION);
    }

    private Statement macro() {
        String name = tokens.expect(Kind.NAME, "the macro's name").text();
        names.set(name);
        return new Macros.Define(definition(name, "endmacro"));
    }

    private Statement callBlock(int line) {
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        if (tokens.isOperator("(")) {
            targets.signature(parameters, defaults, expressions);
        }
        if (!(expressions.expression() instanceof Expressions.Call call)) {
            throw new TemplateProblem("{% call %} is followed by something else than a call");
        }
        names.enterMacro();
        Set<String> hidden = names.enterScope();
        parameters.forEach(names::given);
        Body body = function("endcall");
        names.leaveScope();
        Macros.Definition caller =
                new Macros.Definition("caller", parameters, defaults, names.leaveMacro(), hidden, body);
        return new Macros.CallBlock(call, caller, line);
    }

    private Macros.Definition definition(String name, String end) {
        names.enterMacro();
        Set<String> hidden = names.enterScope();
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        targets.signature(parameters, defaults, expressions);
        parameters.forEach(names::given);
        Body body = function(end);
        names.leaveScope();
        return new Macros.Definition(name, parameters, defaults, names.leaveMacro(), hidden, body);
    }

    /** A body that is a function of its own, from which no loop around can be left. */
    private Body function(String end) {
        int around = loops;
        loops = 0;
        Body body = inside(end);
        loops = around;
        tokens.next();
        return body;
    }
}
