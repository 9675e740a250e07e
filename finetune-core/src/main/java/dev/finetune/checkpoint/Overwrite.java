package dev.finetune.checkpoint;

/** What saving may replace where a model lies already. */
public enum Overwrite {
    /**
     * What this library saved there itself, a model by a model and an adapter by an adapter; a directory with files of another
     * model is refused.
     */
    OURS,
    /** Whatever model lies there. Files that belong to no model stay, whatever is said. */
    ANY
}
