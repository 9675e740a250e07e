package dev.finetune.vision;

import dev.finetune.fuzz.FuzzTests;
import dev.finetune.vision.family.CheckpointReaders;

/** Whole checkpoints of this module's networks. */
class FuzzedCheckpointsTest extends FuzzTests {
    /** Of some 70 a second. */
    private static final int ONE_OF = 60;

    FuzzedCheckpointsTest() {
        super(ONE_OF, CheckpointReaders.class);
    }
}
