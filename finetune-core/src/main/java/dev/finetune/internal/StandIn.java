package dev.finetune.internal;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What is found in a file's place when a download went wrong: Git LFS's pointer to it, or a web page. */
public final class StandIn {
    /** How much of a file's start tells. */
    public static final int START = 512;

    private static final String POINTER = "version https://git-lfs";

    private StandIn() {}

    /**
     * Refuses a file that holds another thing than its name says.
     *
     * @throws FinetuneException naming the file, what it holds, and how to get the file itself
     * @throws IOException if it can't be read
     */
    public static void refuse(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            refuse(file, in.readNBytes(START));
        }
    }

    /**
     * The same for a file whose start is known.
     *
     * @param start its first bytes, {@link #START} of them or more if it has as many
     */
    public static void refuse(Path file, byte[] start) {
        refusePointer(file, start);
        final String page = text(start).replace("\ufeff", "").stripLeading().toLowerCase(Locale.ROOT);
        if (page.startsWith("<!doctype html") || page.startsWith("<html") || page.startsWith("<?xml")) {
            throw new FinetuneException(file + ": this is a web page, not the file itself (a page about the file, to"
                    + " log in, or of an error, saved under its name); download it again, on the hub from an address"
                    + " with /resolve/, not /blob/.");
        }
    }

    /** The same for a file that may well be a web page: it is refused only if it is a pointer. */
    public static void refusePointer(Path file, byte[] start) {
        if (text(start).startsWith(POINTER)) {
            throw new FinetuneException(file + ": this is a Git LFS pointer, not the file itself; fetch it"
                    + " (git lfs pull, or download it from the hub).");
        }
    }

    private static String text(byte[] start) {
        return new String(start, 0, Math.min(start.length, START), StandardCharsets.UTF_8);
    }
}
