package dev.finetune.lm.template;

/** What stands behind {@code is}. */
interface Test {
    boolean holds(Object value, Arguments arguments);
}
