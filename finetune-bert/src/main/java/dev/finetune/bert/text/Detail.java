package dev.finetune.bert.text;

/** How much to find out about each token; what is not asked for costs nothing and comes back as empty arrays. */
public enum Detail {
    /** Token ids and token types only: what a network reads. */
    IDS,
    /** Also which word of the text each token belongs to. */
    WORDS,
    /** Also where in the text each token starts and ends. */
    OFFSETS
}
