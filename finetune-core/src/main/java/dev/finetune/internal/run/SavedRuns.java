package dev.finetune.internal.run;

import dev.finetune.error.FinetuneException;
import dev.finetune.train.Checkpoints;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What was said of checkpoints.
 *
 * @param said where they are written, if it was said
 * @param resumed where those are that training goes on from, if it does
 */
public record SavedRuns(Optional<Checkpoints> said, Optional<Path> resumed) {
    static final SavedRuns NONE = new SavedRuns(Optional.empty(), Optional.empty());

    /** Where checkpoints are written: where it was said, else where those are that training goes on from. */
    Optional<Checkpoints> written() {
        return said.or(
                () -> resumed.map(directory -> Checkpoints.beside(directory).resume()));
    }

    /**
     * Where a work of several trainings (cross-validation, a search) writes checkpoints, which goes on from there and nowhere
     * else.
     *
     * @throws FinetuneException if training is to go on from another directory than that
     */
    public Optional<Checkpoints> only() {
        if (said.isEmpty() || resumed.isEmpty()) {
            return written();
        }
        final Path written = said.get().directory().toAbsolutePath().normalize();
        if (!written.equals(resumed.get().toAbsolutePath().normalize())) {
            throw new FinetuneException("resumeFrom(" + resumed.get() + ") names another directory than checkpoints("
                    + said.get().directory()
                    + "), and cross-validation and searches go on where they write: leave"
                    + " resumeFrom(...) out and name the directory of before,"
                    + " checkpoints(Checkpoints.in(...).resume()).");
        }
        return Optional.of(said.get().resume());
    }

    @Override
    public String toString() {
        return written().map(Checkpoints::toString).orElse("none");
    }
}
