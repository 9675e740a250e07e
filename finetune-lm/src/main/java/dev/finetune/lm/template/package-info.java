/**
 * The part of the template language Jinja that chat templates are written in, with the meaning that Transformers'
 * {@code apply_chat_template} gives it: a text of the same characters, or a refusal, never another text.
 */
@NullMarked
package dev.finetune.lm.template;

import org.jspecify.annotations.NullMarked;
