package dev.finetune.lm.generate;

import dev.finetune.generate.Generated;
import dev.finetune.spi.TextWriter;
import java.util.List;

/** Writes to the end. */
final class Written {
    private Written() {}

    static List<Generated> by(TextWriter.Work work) {
        try (work) {
            while (work.step()) {
                // The next token.
            }
            return work.result();
        }
    }
}
