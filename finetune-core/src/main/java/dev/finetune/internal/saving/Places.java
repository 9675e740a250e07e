package dev.finetune.internal.saving;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The directories of one attempt to read. */
final class Places implements AutoCloseable {
    private final List<Place> all = new ArrayList<>();

    private Places() {}

    static Places open(List<Path> directories, boolean isChecked, boolean hold) throws IOException {
        final Places places = new Places();
        boolean done = false;
        try {
            for (Path directory : directories.stream().distinct().sorted().toList()) {
                places.all.add(Place.open(directory, isChecked, hold));
            }
            done = true;
            return places;
        } finally {
            if (!done) {
                places.close();
            }
        }
    }

    /** Where the files of a directory are read. */
    Path of(Path directory) {
        return all.stream()
                .filter(place -> place.directory().equals(directory))
                .findFirst()
                .map(Place::path)
                .orElse(directory);
    }

    boolean changed(boolean failed, boolean lenient) throws IOException {
        for (Place place : all) {
            if (place.changed(failed, lenient)) {
                return true;
            }
        }
        return false;
    }

    /** Why the files don't belong together, if they don't; waits until all have been looked at. */
    Optional<FinetuneException> wrong() {
        for (Place place : all) {
            final Optional<FinetuneException> wrong = place.wrong();
            if (wrong.isPresent()) {
                return wrong;
            }
        }
        return Optional.empty();
    }

    @Override
    public void close() {
        all.forEach(Place::close);
    }
}
