package dev.finetune.lm.generate;

import dev.finetune.generate.Generated;
import java.util.List;

/** Writes texts side by side, token by token. */
interface Search {
    /** Writes the next tokens; says whether there is more to do. */
    boolean step();

    /** A text for each prompt, in order; of what there is so far, if there was more to do. */
    List<Generated> result();
}
