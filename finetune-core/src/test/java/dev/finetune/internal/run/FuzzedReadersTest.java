package dev.finetune.internal.run;

import dev.finetune.checkpoint.CheckpointReaders;
import dev.finetune.data.DataReaders;
import dev.finetune.fuzz.FuzzTests;
import dev.finetune.hub.HubReaders;
import dev.finetune.internal.saving.SavingReaders;
import dev.finetune.search.SearchReaders;

/** The readers of this module. */
class FuzzedReadersTest extends FuzzTests {
    FuzzedReadersTest() {
        super(
                DataReaders.class,
                ModelReaders.class,
                CheckpointReaders.class,
                HubReaders.class,
                SearchReaders.class,
                SavingReaders.class);
    }
}
