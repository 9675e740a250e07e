package dev.finetune.lm.template;

/** Python's None. */
enum None {
    NONE
}
