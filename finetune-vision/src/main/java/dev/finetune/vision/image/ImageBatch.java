package dev.finetune.vision.image;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.error.FinetuneException;
import dev.finetune.vision.Image;
import dev.finetune.vision.augment.BatchAugmentation.MixedBatch;
import dev.finetune.vision.augment.NumberAugmentation;
import dev.finetune.vision.augment.PixelAugmentation;
import dev.finetune.vision.augment.PixelAugmentation.Entry;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Makes one batch, its pictures on all cores. */
record ImageBatch(Preprocessing preprocessing, ImageDecoder decoder, ImageAugmenter augmenter, PixelCache cache) {
    /** A picture ready to become numbers, or numbers from the start. */
    private record Prepared(@Nullable Pixels pixels, float @Nullable [] numbers, int channels, int height, int width) {
        static Prepared of(Pixels pixels) {
            return new Prepared(pixels, null, Pixels.CHANNELS, pixels.height(), pixels.width());
        }

        static Prepared of(Image.Source.Normalised source) {
            return new Prepared(null, source.chw(), source.channels(), source.height(), source.width());
        }

        boolean fits(Prepared other) {
            return channels == other.channels && height == other.height && width == other.width;
        }

        String size() {
            return channels + " x " + height + " x " + width;
        }
    }

    /** Adds the columns {@code pixel_values} and, where the rows have targets, {@code labels}. */
    void fill(Map<String, HostTensor> columns, List<Encoded> rows, int classes, long seed) {
        SplittableRandom seeds = new SplittableRandom(seed);
        SplittableRandom[] randoms = new SplittableRandom[rows.size()];
        for (int row = 0; row < randoms.length; row++) {
            randoms[row] = new SplittableRandom(seeds.nextLong());
        }
        Prepared[] prepared = new Prepared[rows.size()];
        onAllCores(rows.size(), row -> prepared[row] = prepare(row(rows.get(row)), randoms[row]));
        Prepared first = prepared[0];
        for (int row = 1; row < prepared.length; row++) {
            if (!first.fits(prepared[row])) {
                throw new FinetuneException(
                        "The pictures of a batch must have one size, but " + rows.get(0) + " became "
                                + first.size() + " and " + rows.get(row) + " became " + prepared[row].size()
                                + " (channels x height x width). Give a crop or an exact size in the preprocessing, and to"
                                + " augmentations the size of the preprocessing.");
            }
        }
        int picture = first.channels() * first.height() * first.width();
        float[] numbers = new float[Math.multiplyExact(rows.size(), picture)];
        onAllCores(rows.size(), row -> write(prepared[row], numbers, row * picture, randoms[row]));
        columns.put(
                "pixel_values",
                new HostTensor.Floats(numbers, rows.size(), first.channels(), first.height(), first.width()));
        boolean mixes = !augmenter.batches().isEmpty() && !(rows.get(0).target() instanceof Target.None);
        if (mixes) {
            int outputs = rows.get(0).target() instanceof Target.Vector vector ? vector.values().length : classes;
            float[] soft = ImageTargets.soft(rows, outputs);
            SplittableRandom random = new SplittableRandom(seeds.nextLong());
            augmenter
                    .batches()
                    .get(random.nextInt(augmenter.batches().size()))
                    .apply(
                            new MixedBatch(numbers, soft, rows.size(), first.channels(), first.height(), first.width()),
                            random);
            columns.put("labels", new HostTensor.Floats(soft, rows.size(), outputs));
        } else {
            ImageTargets.labels(rows).ifPresent(labels -> columns.put("labels", labels));
        }
    }

    private static EncodedImage row(Encoded row) {
        if (row instanceof EncodedImage image) {
            return image;
        }
        throw new FinetuneException("A row of " + row.getClass().getName()
                + " was given to an image encoder; it lays out only the rows that it encoded.");
    }

    private Prepared prepare(EncodedImage row, SplittableRandom random) {
        if (row.image().source() instanceof Image.Source.Normalised numbers) {
            if (numbers.channels() != Pixels.CHANNELS) {
                throw new FinetuneException(
                        row + ": the network reads three channels (red, green, blue), not " + numbers.channels() + ".");
            }
            return Prepared.of(numbers);
        }
        Entry entry = augmenter.entry();
        Pixels pixels = cache.get(row, entry).orElse(null);
        if (pixels == null) {
            pixels = enter(row, decoder.decode(row.image()), entry);
            cache.keep(row, entry, pixels);
        }
        for (PixelAugmentation augmentation : augmenter.pixels()) {
            pixels = augmentation.apply(pixels, random);
        }
        return Prepared.of(pixels);
    }

    private Pixels enter(EncodedImage row, Pixels pixels, Entry entry) {
        if (entry != Entry.ORIGINAL) {
            preprocessing.check(pixels, row);
        }
        return switch (entry) {
            case ORIGINAL -> pixels;
            case RESIZED -> preprocessing.resized(pixels);
            case SIZED -> preprocessing.sized(pixels);
        };
    }

    private void write(Prepared prepared, float[] to, int offset, SplittableRandom random) {
        if (prepared.pixels() == null) {
            float[] numbers = Objects.requireNonNull(prepared.numbers());
            System.arraycopy(numbers, 0, to, offset, numbers.length);
            return;
        }
        preprocessing.normalise(prepared.pixels(), to, offset);
        for (NumberAugmentation augmentation : augmenter.numbers()) {
            augmentation.apply(to, offset, prepared.channels(), prepared.height(), prepared.width(), random);
        }
    }

    /** Does something for each row in parallel; of several failures the first row's is thrown. */
    private static void onAllCores(int rows, IntConsumer action) {
        RuntimeException[] failures = new RuntimeException[rows];
        IntStream.range(0, rows).parallel().forEach(row -> {
            try {
                action.accept(row);
            } catch (RuntimeException e) {
                failures[row] = e;
            }
        });
        for (RuntimeException failure : failures) {
            if (failure != null) {
                throw failure;
            }
        }
    }
}
