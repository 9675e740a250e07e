package dev.finetune.lm.template;

/**
 * What isn't there: prints as nothing, is false and empty; anything else that is done with it fails.
 *
 * @param what why it isn't there, for the failure
 */
record Undefined(String what) {
    static Undefined name(String name) {
        return new Undefined("'" + name + "' is undefined");
    }

    static Undefined of(Object owner, Object key) {
        return new Undefined(Values.typeName(owner) + " has no " + Repr.of(key));
    }

    TemplateProblem problem() {
        return new TemplateProblem(what);
    }
}
