package dev.finetune.lm.template;

/** What stands behind {@code |}. */
interface Filter {
    Object apply(Run run, Object value, Arguments arguments);
}
