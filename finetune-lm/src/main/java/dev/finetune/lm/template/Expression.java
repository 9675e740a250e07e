package dev.finetune.lm.template;

/** Something that has a value. */
interface Expression {
    Object value(Scope scope);
}
