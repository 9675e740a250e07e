package dev.finetune.bert;

import dev.finetune.bert.job.CheckpointReaders;
import dev.finetune.bert.text.TokenizerReaders;
import dev.finetune.fuzz.FuzzTests;

/** The readers of this module. */
class FuzzedReadersTest extends FuzzTests {
    /** Of some 250 a second. */
    private static final int ONE_OF = 20;

    FuzzedReadersTest() {
        super(ONE_OF, TokenizerReaders.class, CheckpointReaders.class);
    }
}
