package dev.finetune.lm.template;

/** Something that can be called. */
interface Function {
    Object call(Run run, Arguments arguments);
}
