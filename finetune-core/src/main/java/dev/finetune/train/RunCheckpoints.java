package dev.finetune.train;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonFile;
import dev.finetune.internal.Warnings;
import dev.finetune.train.CheckpointFolder.Place;
import dev.finetune.train.CheckpointFolder.UnlikeException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The checkpoints of one training: which one it goes on from, and those that it writes. */
final class RunCheckpoints implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);
    private static final int VERSION = 1;

    /** Of the state of a training of some ten million steps, which it lists. */
    private static final long MOST_BYTES = 1L << 30;

    private static final int MOST_VALUES = 80_000_000;

    private final RunIdentity identity;
    private final TrainingListener listener;
    private final LongSupplier clock;
    private final @Nullable Checkpoints settings;
    private final @Nullable CheckpointFolder folder;
    private final @Nullable Path from;

    private long savedAt;
    private long savedStep = -1;
    private boolean warned;

    /** Whether those of another beginning are there still, which go once there is one to take their place. */
    private boolean replacing;

    /**
     * Takes hold of the directory.
     *
     * @throws FinetuneException if it can't be written, is another training's, or holds checkpoints that nothing is said of
     */
    RunCheckpoints(Checkpointing what, RunIdentity identity, TrainingListener listener, LongSupplier clock) {
        this.identity = identity;
        this.listener = listener;
        this.clock = clock;
        this.settings = what.to().orElse(null);
        this.folder = settings == null ? null : CheckpointFolder.open(settings.directory());
        this.savedAt = clock.getAsLong();
        boolean ready = false;
        try {
            this.from = from(what);
            ready = true;
        } finally {
            if (!ready) {
                close();
            }
        }
    }

    /** Where to go on from, if anywhere; what is in the way is removed where that was said. */
    private @Nullable Path from(Checkpointing what) {
        final boolean said = what.from().isPresent();
        if (settings == null
                || folder == null
                || folder.list().isEmpty()
                || said && folder.isThatOf(what.from().get())) {
            return what.from().orElse(null);
        }
        if (settings.existing() == Checkpoints.Existing.REPLACE) {
            replacing = true;
            return what.from().orElse(null);
        }
        if (settings.existing() == Checkpoints.Existing.RESUME && !said) {
            return settings.directory();
        }
        throw new FinetuneException(settings.directory()
                + " holds checkpoints of a training that was begun before, the last"
                + " of step " + folder.list().get(0).step() + ". "
                + (said
                        ? "Go on from it with resumeFrom(" + settings.directory() + "), begin"
                        : "Go on from it with checkpoints(Checkpoints.in(directory).resume()) or resumeFrom(directory), begin")
                + " anew over it with checkpoints(Checkpoints.in(directory).replace()), or name another directory.");
    }

    /**
     * A checkpoint.
     *
     * @param state where its training stood
     * @param folder where its tensors are
     */
    record Found(RunState state, Path folder) {}

    /**
     * The last checkpoint that is whole, if the training is to go on from one.
     *
     * @throws FinetuneException if there is none where there has to be, or if it is of another training
     */
    Optional<Found> last() {
        if (from == null) {
            return Optional.empty();
        }
        for (Path other : CheckpointFolder.others(from)) {
            Warnings.say(
                    LOG,
                    other + " is left out: it is no checkpoint, as it has no " + CheckpointFolder.STATE
                            + ". Move or remove it, else none can be written when its step comes.");
        }
        final List<Place> places =
                CheckpointFolder.place(from).map(List::of).orElseGet(() -> CheckpointFolder.list(from));
        final Found found = CheckpointFolder.readLast(places, this::read)
                .orElseThrow(() -> new FinetuneException("There is no checkpoint in " + from.toAbsolutePath()
                        + " to go on from; expected a folder such as checkpoint-500 with " + CheckpointFolder.STATE
                        + " in it. Name the directory that checkpoints(...) were written to."));
        if (folder != null && folder.holds(found.folder)) {
            savedStep = found.state.step();
        }
        listener.resumed(
                found.folder, found.state.step(), found.state.progress().reports());
        return Optional.of(found);
    }

    private Found read(Place place) {
        final Path file = place.folder().resolve(CheckpointFolder.STATE);
        final RunIdentity then;
        final RunState state;
        try {
            final JsonObject json = JsonFile.object(JsonFile.read(file, MOST_BYTES, MOST_VALUES), file.toString());
            final int version = json.get("version").getAsInt();
            if (version != VERSION) {
                throw new UnlikeException(file + " is of version " + version + "; expected " + VERSION
                        + ". Go on with the version of this library that wrote it.");
            }
            then = RunIdentity.of(json.getAsJsonObject("identity"));
            state = RunState.of(json.getAsJsonObject("state"));
        } catch (IOException
                | IllegalStateException
                | IllegalArgumentException
                | IndexOutOfBoundsException
                | UnsupportedOperationException
                | NullPointerException
                | ClassCastException e) {
            throw new FinetuneException(file + " can't be understood: " + e, e);
        }
        then.difference(identity).ifPresent(difference -> {
            throw new UnlikeException(
                    place.folder() + " is a checkpoint of another training, so that it can't be gone on with: "
                            + difference + ". Say the same again, or begin anew: over it with"
                            + " checkpoints(Checkpoints.in(directory).replace()), or in another directory. To train longer, or otherwise, from what was learned, save"
                            + " the model and start from that.");
        });
        return new Found(state, place.folder());
    }

    /** Whether any are written. */
    boolean areWritten() {
        return settings != null;
    }

    /** Whether a training that came to its end writes one more. */
    boolean areOfEnded() {
        return settings != null && settings.ofEnded();
    }

    /** What was to be replaced is of no use any more, when a training has ended that wrote no checkpoint. */
    void ended() {
        if (replacing && folder != null) {
            folder.removeAll();
            replacing = false;
        }
    }

    /** Whether a checkpoint is due after a step. */
    boolean isDue(long step) {
        if (settings == null) {
            return false;
        }
        if (settings.everySteps() > 0) {
            return step % settings.everySteps() == 0 && step != savedStep;
        }
        final Duration since = Duration.ofNanos(clock.getAsLong() - savedAt);
        return settings.every().filter(time -> since.compareTo(time) >= 0).isPresent();
    }

    /**
     * Writes a checkpoint, unless the last one is of the same step. If that fails, training goes on.
     *
     * @param files tensors (borrowed) by name, by the file that they go to; empty ones make no file
     */
    void save(RunState state, Map<String, Map<String, Tensor>> files) {
        if (settings == null || folder == null || state.step() == savedStep) {
            return;
        }
        @Nullable Path written = null;
        try {
            written = folder.write(state.step(), settings.keepLast(), staging -> write(staging, state, files));
            savedStep = state.step();
            warned = false;
            if (replacing) {
                folder.keepOnly(written);
                replacing = false;
            }
        } catch (IOException | FinetuneException e) {
            warn(state.step(), e);
        }
        savedAt = clock.getAsLong();
        if (written != null) {
            listener.checkpointed(written, state.step());
        }
    }

    private void write(Path staging, RunState state, Map<String, Map<String, Tensor>> files) throws IOException {
        for (Map.Entry<String, Map<String, Tensor>> file : files.entrySet()) {
            if (!file.getValue().isEmpty()) {
                TensorFile.write(staging.resolve(file.getKey()), file.getValue());
            }
        }
        final JsonObject json = new JsonObject();
        json.addProperty("version", VERSION);
        json.add("state", state.toJson());
        json.add("identity", identity.toJson());
        try (BufferedWriter writer = Files.newBufferedWriter(staging.resolve(CheckpointFolder.STATE))) {
            new Gson().toJson(json, writer);
        }
    }

    private void warn(long step, Exception e) {
        LOG.info("The checkpoint of step {} couldn't be written", step, e);
        if (!warned) {
            warned = true;
            listener.warned(
                    "The checkpoint of step " + step + " couldn't be written (" + reason(e) + "). Training goes on"
                            + (savedStep >= 0 ? "; the last whole one is of step " + savedStep : " without one")
                            + ". Mend that before the next is due, such as by making room, or the directory writable.");
        }
    }

    /** Why, without a path: what is warned of is published with the model. */
    private static String reason(Throwable thrown) {
        String reason = thrown.getClass().getSimpleName();
        for (Throwable each = thrown; each != null; each = each.getCause()) {
            if (each instanceof FileSystemException file) {
                reason = file.getReason() == null ? file.getClass().getSimpleName() : file.getReason();
            } else if (each instanceof IOException) {
                reason = String.valueOf(each.getMessage());
            }
        }
        return reason;
    }

    @Override
    public void close() {
        if (folder != null) {
            folder.close();
        }
    }
}
