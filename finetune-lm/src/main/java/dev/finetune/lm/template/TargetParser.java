package dev.finetune.lm.template;

import dev.finetune.lm.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Parses what is assigned to: variables, attributes of namespaces, several of these, and the parameters of macros. */
final class TargetParser {
    private static final Set<String> CONSTANTS = Set.of("true", "false", "none", "True", "False", "None");
    private static final Set<String> SPECIAL = Set.of("caller", "kwargs", "varargs");

    private final Tokens tokens;
    private final Names names;

    TargetParser(Tokens tokens, Names names) {
        this.tokens = tokens;
        this.names = names;
    }

    /** A target, which ends where one of these names stands. */
    Target target(boolean namespaces, String... ends) {
        List<Target> parts = new ArrayList<>();
        boolean several = false;
        while (true) {
            if (!parts.isEmpty()) {
                tokens.expectOperator(",");
            }
            if (isEnd(ends)) {
                break;
            }
            parts.add(single(namespaces));
            if (!tokens.isOperator(",")) {
                break;
            }
            several = true;
        }
        if (parts.isEmpty()) {
            throw tokens.unexpected("a variable");
        }
        return several ? new Target.Several(parts) : parts.get(0);
    }

    private boolean isEnd(String... ends) {
        return tokens.is(Kind.BLOCK_END)
                || tokens.isOperator(")")
                || tokens.isOperator("=")
                || List.of(ends).stream().anyMatch(tokens.current()::isName);
    }

    private Target single(boolean namespaces) {
        if (tokens.skipOperator("(")) {
            Target inner = target(false);
            tokens.expectOperator(")");
            return inner;
        }
        String name = tokens.expect(Kind.NAME, "a variable").text();
        if (CONSTANTS.contains(name)) {
            throw new TemplateProblem("nothing can be assigned to " + name);
        }
        if (namespaces && tokens.skipOperator(".")) {
            return new Target.Attribute(
                    name,
                    tokens.expect(Kind.NAME, "an attribute of the namespace").text());
        }
        if (name.equals("loop")) {
            throw TemplateProblem.lacking("assigning to loop");
        }
        return new Target.Name(name);
    }

    /** Makes known that the variables of a target are set here. */
    void set(Target target) {
        if (target instanceof Target.Name name) {
            names.set(name.name());
        } else if (target instanceof Target.Attribute attribute) {
            names.read(attribute.namespace());
        } else if (target instanceof Target.Several several) {
            several.parts().forEach(this::set);
        }
    }

    /** Makes known that a scope is entered with the variables of a target. */
    void given(Target target) {
        if (target instanceof Target.Name name) {
            names.given(name.name());
        } else if (target instanceof Target.Several several) {
            several.parts().forEach(this::given);
        }
    }

    void signature(List<String> parameters, List<Expression> defaults, ExpressionParser expressions) {
        tokens.expectOperator("(");
        while (!tokens.isOperator(")")) {
            if (!parameters.isEmpty()) {
                tokens.expectOperator(",");
            }
            String name = tokens.expect(Kind.NAME, "a parameter").text();
            if (SPECIAL.contains(name) || CONSTANTS.contains(name) || parameters.contains(name)) {
                throw TemplateProblem.lacking("a parameter of the name " + name);
            }
            parameters.add(name);
            if (tokens.skipOperator("=")) {
                defaults.add(expressions.expression());
            } else if (!defaults.isEmpty()) {
                throw new TemplateProblem("the parameter " + name + " lacks a default, which one before it has");
            }
        }
        tokens.expectOperator(")");
    }
}
