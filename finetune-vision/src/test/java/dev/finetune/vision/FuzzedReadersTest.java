package dev.finetune.vision;

import dev.finetune.fuzz.FuzzTests;
import dev.finetune.vision.image.PictureReaders;

/** The readers of this module. */
class FuzzedReadersTest extends FuzzTests {
    FuzzedReadersTest() {
        super(PictureReaders.class);
    }
}
