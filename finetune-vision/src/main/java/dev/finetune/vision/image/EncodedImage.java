package dev.finetune.vision.image;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.Target;
import dev.finetune.error.FinetuneException;
import dev.finetune.vision.Image;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/** A picture and its target as a row: light, since it is decoded only when its batch is made. Equal only to itself. */
final class EncodedImage implements Encoded {
    private static final int SUMMED = 1 << 15;

    private final Image image;
    private final Target target;
    private volatile PixelCache.@Nullable Kept kept;

    EncodedImage(Image image, Target target) {
        this.image = image;
        this.target = target;
    }

    Image image() {
        return image;
    }

    /** What the cache keeps of it, if anything. */
    PixelCache.@Nullable Kept kept() {
        return kept;
    }

    void keep(PixelCache.Kept pixels) {
        kept = pixels;
    }

    /** Always 1: pictures of one network are of one size. */
    @Override
    public int length() {
        return 1;
    }

    @Override
    public Target target() {
        return target;
    }

    /** A file's name, size, and its first and last 32 KB stand for its pixels: of most pictures, that is all of it. */
    @Override
    public void addTo(Checksum sum) {
        final Image.Source source = image.source();
        if (source instanceof Image.Source.File file) {
            sum.update(file.path().getFileName().toString().getBytes(StandardCharsets.UTF_8));
            addEnds(file.path(), sum);
        } else if (source instanceof Image.Source.Encoded encoded) {
            sum.update(encoded.bytes());
        } else {
            add(source.hashCode(), sum);
        }
    }

    private static void addEnds(Path file, Checksum sum) {
        try (FileChannel channel = FileChannel.open(file)) {
            final long size = channel.size();
            add(size, sum);
            sum.update(part(channel, 0));
            if (size > SUMMED) {
                sum.update(part(channel, Math.max(SUMMED, size - SUMMED)));
            }
        } catch (IOException e) {
            throw new FinetuneException(file + " could not be read: " + e, e);
        }
    }

    private static ByteBuffer part(FileChannel channel, long from) throws IOException {
        final ByteBuffer bytes = ByteBuffer.allocate(SUMMED);
        int read = 0;
        while (bytes.hasRemaining() && read >= 0) {
            read = channel.read(bytes, from + bytes.position());
        }
        return bytes.flip();
    }

    private static void add(long number, Checksum sum) {
        sum.update(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
    }

    @Override
    public String toString() {
        return image.toString();
    }
}
