package dev.finetune.checkpoint;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.stream.Collectors;

/** What opening and asking have in common in every format. */
final class OpenFile {
    private OpenFile() {}

    /** Makes something of an open file. */
    interface Opener<T> {
        T open(FileChannel channel) throws IOException;
    }

    /** Opens a file that stays open if the opener succeeds, and is closed if it fails. */
    static <T> T open(Path file, Opener<T> opener) {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            boolean done = false;
            try {
                T opened = opener.open(channel);
                done = true;
                return opened;
            } finally {
                if (!done) {
                    channel.close();
                }
            }
        } catch (IOException e) {
            throw unread(file + ": the file", e);
        }
    }

    /** What is said of something that couldn't be read; of an interrupt, that it was one. */
    static FinetuneException unread(String what, IOException e) {
        return new FinetuneException(
                e instanceof ClosedByInterruptException
                        ? what + " wasn't read to its end, since the thread is interrupted; where that was meant for"
                                + " something else, Thread.interrupted() clears it."
                        : what + " couldn't be read: " + e.getMessage(),
                e);
    }

    static FinetuneException noSuchTensor(Path file, String name, Set<String> names) {
        String some = names.stream().limit(5).collect(Collectors.joining(", "));
        return new FinetuneException(file + ": there is no tensor '" + name + "'; the file has " + names.size()
                + (names.isEmpty() ? "." : ": " + some + (names.size() > 5 ? ", ..." : ".")));
    }
}
