package dev.finetune.lm.template;

/** Something that writes, or changes variables. */
interface Statement {
    /** How things go on. */
    enum Next {
        STATEMENT,
        ITERATION,
        AFTER_LOOP
    }

    Next run(Scope scope, Output out);
}
