package dev.finetune.vision.image;

import dev.finetune.fuzz.FuzzTests;

/** The readers of this module. */
class FuzzedReadersTest extends FuzzTests {
    FuzzedReadersTest() {
        super(PictureReaders.class);
    }
}
