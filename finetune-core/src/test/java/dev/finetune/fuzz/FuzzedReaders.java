package dev.finetune.fuzz;

import java.io.IOException;
import java.util.List;

/** The readers of a package. */
public interface FuzzedReaders {
    /** Names them, with their seeds. */
    List<FuzzedReader> readers() throws IOException;
}
