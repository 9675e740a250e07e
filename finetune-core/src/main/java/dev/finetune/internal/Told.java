package dev.finetune.internal;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * How a setting, which is a component of a record, is told: in {@code FineTuner.describe()}, in what is saved with a model, and
 * in the identity of a training that is gone on with. See {@link SettingLines}.
 */
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Told {
    /** The name of its line; settings of one name share the line. */
    String value();

    /** The value in words, "{}" in its place. */
    String as() default "{}";

    /** The words for the default; otherwise as other values. */
    String byDefault() default "";

    /** The words for 0; otherwise as other values. */
    String zero() default "";

    /** Whether it holds names, which are told as they are, be they like numbers. */
    boolean named() default false;

    /** Whether nothing is told of the default. */
    boolean quiet() default false;

    /** Whether a training with another value is another training, which can't go on from a checkpoint of the first. */
    boolean identifies() default true;
}
