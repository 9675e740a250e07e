package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** Receives one file into its ".incomplete" place, going on where an earlier try stopped, and verifies it. */
final class Download {
    private final HubClient client;
    private final Retries retries;
    private final Progress progress;
    private final ModelId id;
    private final String commit;
    private final String file;
    private final OptionalLong size;
    private final List<Digest> digests;
    private final Path incomplete;
    private final HubSettings settings;

    /**
     * A download to come.
     *
     * @param size in bytes, if the hub announces it
     * @param digests every checksum that the hub announces
     * @param incomplete where to write
     * @param settings limits and patience
     */
    Download(
            HubClient client,
            Retries retries,
            Progress progress,
            ModelId id,
            String commit,
            String file,
            OptionalLong size,
            List<Digest> digests,
            Path incomplete,
            HubSettings settings) {
        this.client = client;
        this.retries = retries;
        this.progress = progress;
        this.id = id;
        this.commit = commit;
        this.file = file;
        this.size = size;
        this.digests = digests;
        this.incomplete = incomplete;
        this.settings = settings;
    }

    /**
     * Receives the whole file.
     *
     * @throws IOException if the hub can't be reached or cuts the connection again and again; what was received stays
     * @throws FinetuneException if the contents are wrong twice, more than may come, or can't be told from a part, or the disk
     *     fails
     */
    void run() throws IOException, InterruptedException {
        requireRoom();
        boolean spoiled = false;
        long farthest = have();
        int failures = 0;
        while (true) {
            try {
                receive();
            } catch (IOException e) {
                long now = have();
                failures = now >= farthest + settings.patience().leastBytes() ? 1 : failures + 1;
                farthest = Math.max(farthest, now);
                retries.waitAfter("Downloading " + file + " of " + id.value(), failures, e);
                continue;
            }
            Optional<String> wrong = LocalWork.at(incomplete, this::findWrong);
            if (wrong.isEmpty()) {
                progress.done(have());
                return;
            }
            LocalWork.at(incomplete, () -> Files.deleteIfExists(incomplete));
            if (spoiled) {
                throw new FinetuneException("The file " + file + " of the model '" + id.value() + "', commit " + commit
                        + ", arrived wrong twice: " + wrong.get()
                        + ". The partial file was deleted. Try again later, and check proxies and mirrors (HF_ENDPOINT)"
                        + " that may change files on the way.");
            }
            Hub.log.info("{} of {} arrived wrong ({}); starting it anew", file, id.value(), wrong.get());
            spoiled = true;
            farthest = 0;
        }
    }

    private void receive() throws IOException, InterruptedException {
        // Without a checksum, nobody would notice that the rest belongs to another file than the beginning.
        long from = digests.isEmpty() ? 0 : have();
        if (size.isPresent() && from > size.getAsLong()) {
            from = 0;
        }
        if (size.isPresent() && from == size.getAsLong() && from > 0) {
            return;
        }
        try (HubClient.Answer answer = client.open(id, commit, file, from)) {
            if (answer.status() == 416) {
                LocalWork.at(incomplete, () -> Files.deleteIfExists(incomplete));
                throw new IOException("the server has no byte " + from + " of the file");
            }
            if (answer.status() == 206) {
                requireRange(answer, from);
            } else {
                from = 0;
            }
            requireBelievable(answer);
            write(answer, from);
        }
    }

    /** A partial answer must begin where we asked it to. */
    private void requireRange(HubClient.Answer answer, long from) throws IOException {
        String range = answer.headers().firstValue("Content-Range").orElse("none");
        if (from == 0 || !range.strip().startsWith("bytes " + from + "-")) {
            throw new IOException("the server sent the range '" + SafeName.printable(range) + "', asked was byte "
                    + from + " and on");
        }
        String total = range.substring(range.indexOf('/') + 1).strip();
        if (size.isPresent() && total.matches("\\d{1,18}") && Long.parseLong(total) != size.getAsLong()) {
            throw new IOException("the server sent a part of " + total + " bytes, the file has " + size.getAsLong());
        }
    }

    /** Where there is neither checksum nor size, an answer must at least have an end, and not be a page to read. */
    private void requireBelievable(HubClient.Answer answer) {
        String type = answer.headers().firstValue("Content-Type").orElse("");
        if (digests.isEmpty() && type.toLowerCase(Locale.ROOT).startsWith("text/html") && !file.endsWith(".html")) {
            throw wrong("arrives as a web page (" + SafeName.printable(type) + ")");
        }
        boolean ends = answer.headers().firstValue("Content-Length").isPresent()
                || answer.headers().firstValue("Transfer-Encoding").isPresent();
        if (digests.isEmpty() && size.isEmpty() && !ends) {
            throw wrong("has neither a size nor a checksum, so that a part of it would look like all");
        }
    }

    private FinetuneException wrong(String what) {
        LocalWork.at(incomplete, () -> Files.deleteIfExists(incomplete));
        return new FinetuneException("The file " + file + " of the model '" + id.value() + "', commit " + commit + ", "
                + what + ". Check HF_ENDPOINT, and proxies and mirrors that may change files on the way.");
    }

    private void write(HubClient.Answer answer, long from) throws IOException, InterruptedException {
        boolean lengthTold = answer.headers().firstValue("Content-Length").isPresent();
        long at = from;
        try (FileChannel channel = LocalWork.at(incomplete, () -> opened(from))) {
            progress.begin(at, size);
            while (true) {
                List<ByteBuffer> buffers = answer.body().next();
                if (buffers.isEmpty()) {
                    break;
                }
                at += LocalWork.at(incomplete, () -> writeAll(channel, buffers));
                progress.at(at);
                if (size.isPresent() && at > size.getAsLong()) {
                    break;
                }
                if (size.isEmpty() && at > settings.limits().unannouncedBytes()) {
                    throw wrong("is longer than " + settings.limits().unannouncedBytes()
                            + " bytes, and nobody told its size; that is the limit (HubLimits.unannouncedBytes)");
                }
            }
        }
        if (!lengthTold && size.isPresent() && at < size.getAsLong()) {
            throw new IOException("the connection ended after " + at + " of " + size.getAsLong() + " bytes");
        }
    }

    private FileChannel opened(long from) throws IOException {
        FileChannel channel = FileChannel.open(incomplete, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        return channel.truncate(from).position(from);
    }

    private static long writeAll(FileChannel channel, List<ByteBuffer> buffers) throws IOException {
        long written = 0;
        for (ByteBuffer buffer : buffers) {
            while (buffer.hasRemaining()) {
                written += channel.write(buffer);
            }
        }
        return written;
    }

    /** What is wrong with the received file, by size and by every announced checksum. */
    private Optional<String> findWrong() throws IOException {
        long found = Files.size(incomplete);
        if (size.isPresent() && found != size.getAsLong()) {
            return Optional.of("its size is " + (found > size.getAsLong() ? "more than " : found + " bytes, not ")
                    + size.getAsLong() + " bytes, which the hub announces");
        }
        for (Digest expected : digests) {
            String actual = expected.actual(incomplete);
            if (!actual.equals(expected.hex())) {
                return Optional.of("its " + (expected.kind() == Digest.Kind.SHA256 ? "SHA-256" : "git SHA-1") + " is "
                        + actual + ", the hub announces " + expected.hex());
            }
        }
        return Optional.empty();
    }

    private long have() {
        return LocalWork.at(incomplete, () -> Files.exists(incomplete) ? Files.size(incomplete) : 0L);
    }

    private void requireRoom() {
        long needed = size.orElse(0) - have();
        long room = LocalWork.at(
                incomplete, () -> Files.getFileStore(incomplete.getParent()).getUsableSpace());
        if (room > 0 && needed > room) {
            throw new FinetuneException("Not enough room for " + file + " of the model '" + id.value() + "': it takes "
                    + needed + " more bytes, and the disk of " + incomplete.getParent() + " has " + room
                    + ". Make room, or choose another cache with HF_HUB_CACHE.");
        }
    }
}
