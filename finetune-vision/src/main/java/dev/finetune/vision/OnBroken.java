package dev.finetune.vision;

/** What is done about a picture that can't be decoded. */
public enum OnBroken {
    /** It stops the job with an exception that names it. */
    FAIL,
    /** It is left out, counted, and named in a warning. */
    SKIP
}
