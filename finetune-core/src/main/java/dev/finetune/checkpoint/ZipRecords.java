package dev.finetune.checkpoint;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Where the records of a zip archive lie, so that they can be read in place; zip64 included. Follows PKWARE's APPNOTE,
 * sections 4.3 and 4.5.3.
 */
final class ZipRecords {
    private static final int END = 0x06054b50;
    private static final int END_64 = 0x06064b50;
    private static final int END_64_LOCATOR = 0x07064b50;
    private static final int ENTRY = 0x02014b50;
    private static final int LOCAL = 0x04034b50;
    private static final int END_BYTES = 22;
    private static final int ENTRY_BYTES = 46;
    private static final int LOCAL_BYTES = 30;
    private static final long MAX_DIRECTORY_BYTES = 64L << 20;
    private static final long IN_ZIP64 = 0xffffffffL;

    private final Path file;
    private final FileChannel channel;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** A record's own header, and its data's size. */
    private record Entry(long localHeader, long compressed, long size, int method, int flags) {}

    /** Where a record's data is. */
    record Region(long start, long length) {}

    private ZipRecords(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Reads the archive's directory. */
    static ZipRecords read(Path file, FileChannel channel) throws IOException {
        ZipRecords records = new ZipRecords(file, channel);
        records.readDirectory();
        return records;
    }

    Set<String> names() {
        return entries.keySet();
    }

    /** Where the data of that record is; it must be there, stored as it is, and lie inside the file. */
    Region region(String name) throws IOException {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw broken("the archive has no record " + name);
        }
        if (entry.method() != 0 || entry.compressed() != entry.size()) {
            throw new FinetuneException(file + ": the record " + name + " is compressed, as torch.save never does;"
                    + " unpack the archive and pack it again without compression (zip -0), or save it again.");
        }
        if ((entry.flags() & 1) != 0) {
            throw new FinetuneException(file + ": the record " + name + " is encrypted; weights can't be.");
        }
        ByteBuffer local = bytes(entry.localHeader(), LOCAL_BYTES, "the header of " + name);
        if (local.getInt(0) != LOCAL) {
            throw broken("the record " + name + " isn't where the archive's directory says");
        }
        long start = entry.localHeader() + LOCAL_BYTES + u16(local, 26) + u16(local, 28);
        if (entry.size() < 0 || entry.size() > channel.size() - start) {
            throw broken("the record " + name + " goes on after the end of the file");
        }
        return new Region(start, entry.size());
    }

    private void readDirectory() throws IOException {
        long size = channel.size();
        int tailBytes = (int) Math.min(size, END_BYTES + 0xffff);
        ByteBuffer tail = bytes(size - tailBytes, tailBytes, "the end");
        int end = tailBytes - END_BYTES;
        while (end >= 0 && tail.getInt(end) != END) {
            end--;
        }
        if (end < 0) {
            throw broken("it starts as a zip archive and doesn't end as one");
        }
        long directoryBytes = u32(tail, end + 12);
        long directory = u32(tail, end + 16);
        long endPosition = size - tailBytes + end;
        if (endPosition >= 20) {
            ByteBuffer locator = bytes(endPosition - 20, 20, "the zip64 locator");
            if (locator.getInt(0) == END_64_LOCATOR) {
                ByteBuffer end64 = bytes(locator.getLong(8), 56, "the zip64 directory's end");
                if (end64.getInt(0) != END_64) {
                    throw broken("its zip64 directory isn't where it should be");
                }
                directoryBytes = end64.getLong(40);
                directory = end64.getLong(48);
            }
        }
        if (directoryBytes < 0 || directoryBytes > MAX_DIRECTORY_BYTES) {
            throw broken("its directory would have " + Long.toUnsignedString(directoryBytes) + " bytes");
        }
        readEntries(bytes(directory, (int) directoryBytes, "the archive's directory"));
    }

    private void readEntries(ByteBuffer directory) throws IOException {
        int at = 0;
        while (at < directory.limit()) {
            if (at + ENTRY_BYTES > directory.limit() || directory.getInt(at) != ENTRY) {
                throw broken("its directory breaks off or has something else in it");
            }
            int nameBytes = u16(directory, at + 28);
            int extraBytes = u16(directory, at + 30);
            int commentBytes = u16(directory, at + 32);
            int next = at + ENTRY_BYTES + nameBytes + extraBytes + commentBytes;
            if (next > directory.limit()) {
                throw broken("its directory breaks off");
            }
            byte[] name = new byte[nameBytes];
            directory.get(at + ENTRY_BYTES, name);
            Entry entry = entry(directory, at, at + ENTRY_BYTES + nameBytes, extraBytes);
            if (entries.put(new String(name, StandardCharsets.UTF_8), entry) != null) {
                throw broken("it has the record " + new String(name, StandardCharsets.UTF_8) + " twice");
            }
            at = next;
        }
    }

    private Entry entry(ByteBuffer directory, int at, int extraStart, int extraBytes) {
        long[] fields = {u32(directory, at + 24), u32(directory, at + 20), u32(directory, at + 42)};
        int extraEnd = extraStart + extraBytes;
        for (int extra = extraStart; extra + 4 <= extraEnd; ) {
            int bytes = u16(directory, extra + 2);
            int value = extra + 4;
            extra = value + bytes;
            if (u16(directory, value - 4) == 1) {
                // Holds, in this order, those of size, compressed size and position that are too large for 32 bits.
                for (int i = 0; i < fields.length; i++) {
                    if (fields[i] == IN_ZIP64 && value + 8 <= Math.min(extra, extraEnd)) {
                        fields[i] = directory.getLong(value);
                        value += 8;
                    }
                }
            }
        }
        return new Entry(fields[2], fields[1], fields[0], u16(directory, at + 10), u16(directory, at + 8));
    }

    private ByteBuffer bytes(long start, int count, String what) throws IOException {
        if (start < 0 || start > channel.size() - count) {
            throw broken(what + " would lie outside the file");
        }
        return ByteBuffer.wrap(new FileRegion(channel, start, count).readExactly(count))
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int u16(ByteBuffer bytes, int at) {
        return bytes.getShort(at) & 0xffff;
    }

    private static long u32(ByteBuffer bytes, int at) {
        return Integer.toUnsignedLong(bytes.getInt(at));
    }

    private FinetuneException broken(String what) {
        return new FinetuneException(
                file + ": the file is damaged or incomplete: " + what + ". Download or save it again.");
    }
}
