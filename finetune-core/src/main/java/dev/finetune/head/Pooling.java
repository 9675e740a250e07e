package dev.finetune.head;

/** How the vectors of an input's parts (tokens) become one vector of the whole. */
public enum Pooling {
    /** The mean over the parts, padding left out. */
    MEAN,
    /** The first part's vector: the [CLS] or &lt;s&gt; token's. */
    CLS
}
