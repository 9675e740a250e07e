package dev.finetune.lm.generate;

import dev.finetune.generate.Generated;
import dev.finetune.spi.TextWriter;
import java.util.List;

/**
 * The writing of a text whose tokens are read together with other callers'.
 *
 * @param text one whose model is a member of {@link TogetherTokens}
 */
public record TogetherWork(TextWriter.Work text) implements TextWriter.Work {
    @Override
    public boolean step() {
        return text.step();
    }

    @Override
    public boolean together() {
        return true;
    }

    @Override
    public List<Generated> result() {
        return text.result();
    }

    @Override
    public void close() {
        text.close();
    }
}
