package dev.finetune.trackers;

import dev.finetune.error.FinetuneException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * A file of TensorBoard's events: TFRecords (length, checksum of the length, data, checksum of the data; TensorFlow's
 * record_writer.h) of Event messages (TensorFlow's event.proto, summary.proto and tensor.proto, from which the field numbers are).
 */
final class EventFile implements AutoCloseable {
    private static final int MASK_DELTA = 0xa282ead8;
    private static final int DT_STRING = 7;

    private final Path file;
    private final OutputStream out;

    private EventFile(Path file) throws IOException {
        this.file = file;
        this.out = new BufferedOutputStream(Files.newOutputStream(file, StandardOpenOption.CREATE_NEW));
    }

    /** A new file, in the next free folder "run-N" of a directory, which is made where it isn't there. */
    static EventFile in(Path directory) {
        try {
            Files.createDirectories(directory);
            for (int number = 1; ; number++) {
                final Path run = directory.resolve("run-" + number);
                try {
                    Files.createDirectory(run);
                } catch (FileAlreadyExistsException e) {
                    continue;
                }
                final String name = String.format(
                        Locale.ROOT, "events.out.tfevents.%010d.finetune", System.currentTimeMillis() / 1000);
                final EventFile events = new EventFile(run.resolve(name));
                events.write(event(0).text(3, "brain.Event:2"));
                events.flush();
                return events;
            }
        } catch (IOException e) {
            throw new FinetuneException(directory + ": TensorBoard's events can't be written there: " + e, e);
        }
    }

    void scalar(long step, String tag, double value) {
        value(step, named(tag).float32(2, (float) value));
    }

    /** A text, shown as Markdown. */
    void text(long step, String tag, String markdown) {
        final ProtoMessage tensor = new ProtoMessage()
                .varint(1, DT_STRING)
                .message(2, new ProtoMessage().message(2, new ProtoMessage().varint(1, 1)))
                .text(8, markdown);
        final ProtoMessage metadata = new ProtoMessage().message(1, new ProtoMessage().text(1, "text"));
        value(step, named(tag + "/text_summary").message(8, tensor).message(9, metadata));
    }

    void png(long step, String tag, byte[] png, int width, int height) {
        final ProtoMessage image = new ProtoMessage()
                .varint(1, height)
                .varint(2, width)
                .varint(3, 3)
                .bytes(4, png);
        value(step, named(tag).message(4, image));
    }

    void histogram(long step, String tag, Histogram histogram) {
        final ProtoMessage message = new ProtoMessage()
                .float64(1, histogram.min())
                .float64(2, histogram.max())
                .float64(3, histogram.count())
                .float64(4, histogram.sum())
                .float64(5, histogram.sumOfSquares())
                .float64s(6, histogram.limits())
                .float64s(7, histogram.counts());
        value(step, named(tag).message(5, message));
    }

    private static ProtoMessage named(String tag) {
        return new ProtoMessage().text(1, tag);
    }

    private static ProtoMessage event(long step) {
        final ProtoMessage event = new ProtoMessage().float64(1, System.currentTimeMillis() / 1e3);
        return step == 0 ? event : event.varint(2, step);
    }

    private void value(long step, ProtoMessage value) {
        try {
            write(event(step).message(5, new ProtoMessage().message(1, value)));
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private void write(ProtoMessage event) throws IOException {
        final byte[] data = event.toBytes();
        final byte[] length = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(data.length)
                .array();
        out.write(length);
        out.write(checksum(length));
        out.write(data);
        out.write(checksum(data));
    }

    /** CRC-32C, rotated right by 15 bits, plus a constant. */
    private static byte[] checksum(byte[] bytes) {
        final CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        final int masked = Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(masked)
                .array();
    }

    void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private FinetuneException failure(IOException e) {
        return new FinetuneException(file + ": an event couldn't be written: " + e, e);
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw failure(e);
        }
    }
}
