package dev.finetune.internal.saving;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Reads directories of which others may be replacing the files: what was read is all of before a change or all of
 * afterwards. What was begun by a process that died is carried out first. Where a change came in between, it reads again.
 *
 * @param directories what is read
 * @param isChecked whether to compare the files with what was saved
 */
public record WholeRead(List<Path> directories, boolean isChecked) {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Duration PAUSE = Duration.ofMillis(2);

    /** After so many changes that came in between, writers have to wait. */
    private static final int FREE_ATTEMPTS = 3;

    /** Copies the list. */
    public WholeRead {
        directories = List.copyOf(directories);
    }

    /** Of one directory, without comparing its files with what was saved. */
    public static WholeRead of(Path directory) {
        return new WholeRead(List.of(directory), false);
    }

    /** Reads from the directories. */
    public interface Reader<T> {
        /**
         * Reads.
         *
         * @param places gives, for each of the directories, the one that its files are to be read from, valid for this call
         */
        T read(UnaryOperator<Path> places);
    }

    /**
     * Reads until nothing came in between.
     *
     * @param discard closes what was read in vain
     * @throws FinetuneException if files aren't those that were saved together, or if they are replaced all the time; and
     *     whatever the reader throws while nobody writes
     */
    public <T> T read(Reader<T> reader, Consumer<T> discard) {
        final long end = System.nanoTime() + PATIENCE.toNanos();
        for (int attempt = 1; ; attempt++) {
            final boolean again = attempt > FREE_ATTEMPTS;
            try (Places places = Places.open(directories, isChecked, again)) {
                final Outcome<T> outcome = Outcome.of(() -> reader.read(places::of));
                final Optional<FinetuneException> wrong = places.wrong();
                if (!places.changed(outcome.isFailure(), again)) { // Asked last: it was checked meanwhile, too.
                    return outcome.get(wrong, discard);
                }
                outcome.discard(discard);
                if (System.nanoTime() - end > 0) {
                    throw new FinetuneException("Files in " + directories + " are being replaced all the time, so that"
                            + " in " + PATIENCE.toSeconds()
                            + " seconds they couldn't be read together. Wait until nobody"
                            + " writes there.");
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            } catch (IOException e) {
                throw new FinetuneException(directories + " can't be read: " + e, e);
            }
        }
    }
}
