package dev.finetune.vision.image;

import com.google.gson.GsonBuilder;
import dev.finetune.batch.Augmentation;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.CollateContext.Purpose;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.Target;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Warnings;
import dev.finetune.vision.Image;
import dev.finetune.vision.OnBroken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pictures as rows, and rows as batches: {@code pixel_values} [batch, 3, height, width] and {@code labels} ([batch] for
 * a class; [batch, outputs] floats for several classes, numbers, and mixed pictures). A row holds only where its
 * picture is. Pictures are decoded when their batch is made, on all cores; prepared ones are kept in memory as far as
 * they fit. Thread-safe; a batch depends on its rows and its seed only.
 */
public final class ImageEncoder implements InputEncoder<Image> {
    /** How much memory is taken for prepared pictures: 256 MB. */
    public static final long CACHE_BYTES = 256L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(ImageEncoder.class);
    private static final int NAMED = 5;

    private final Preprocessing preprocessing;
    private final ImageAugmenter augmenter;
    private final boolean changing;
    private final Function<Label, Target> targets;
    private final int classes;
    private final ImageDecoder decoder;
    private final OnBroken onBroken;
    private final PixelCache cache;
    private final AtomicLong skipped = new AtomicLong();

    /**
     * Creates an encoder that keeps up to {@link #CACHE_BYTES} of prepared pictures.
     *
     * @param preprocessing what is done to every picture
     * @param augmentations what is done to training pictures besides, in this order
     * @param targets the task's labels as numbers; thread-safe
     * @param classes how many classes there are, for the soft labels of mixed pictures
     * @param limits how large a picture may be
     * @param onBroken what is done about labelled pictures that can't be decoded
     * @throws FinetuneException if an augmentation isn't one of pictures
     */
    public ImageEncoder(
            Preprocessing preprocessing,
            List<Augmentation> augmentations,
            Function<Label, Target> targets,
            int classes,
            ImageLimits limits,
            OnBroken onBroken) {
        this(preprocessing, augmentations, targets, classes, limits, onBroken, CACHE_BYTES);
    }

    /**
     * Creates an encoder.
     *
     * @param preprocessing how pixels become numbers
     * @param augmentations of training pictures, in order
     * @param targets what a label means to the head
     * @param classes how many outputs there are, for targets that are mixed
     * @param limits of pixels and bytes
     * @param onBroken what becomes of pictures that can't be decoded
     * @param cacheBytes how much memory is taken for prepared pictures, 0 for none
     */
    public ImageEncoder(
            Preprocessing preprocessing,
            List<Augmentation> augmentations,
            Function<Label, Target> targets,
            int classes,
            ImageLimits limits,
            OnBroken onBroken,
            long cacheBytes) {
        this.preprocessing = preprocessing;
        this.augmenter = ImageAugmenter.of(augmentations);
        this.changing = !augmentations.isEmpty();
        this.targets = targets;
        this.classes = classes;
        this.decoder = new ImageDecoder(limits);
        this.onBroken = onBroken;
        this.cache = new PixelCache(cacheBytes);
    }

    @Override
    public Class<Image> inputType() {
        return Image.class;
    }

    /** {@return what is done to every picture} */
    public Preprocessing preprocessing() {
        return preprocessing;
    }

    /**
     * Makes a row of each picture, after a look at its first bytes. With {@link OnBroken#SKIP}, labelled pictures are
     * decoded to see that they can be, and broken ones make no row; pictures without labels always make one, since
     * predictions have to pair with them.
     *
     * @throws FinetuneException if a picture is missing or is none, unless it may be skipped
     */
    @Override
    public List<Encoded> encode(List<Example<Image>> examples) {
        List<Encoded> rows = new ArrayList<>(examples.size());
        List<String> broken = new ArrayList<>();
        for (Example<Image> example : examples) {
            EncodedImage row = new EncodedImage(example.input(), targets.apply(example.label()));
            if (onBroken == OnBroken.FAIL || example.label() instanceof Label.None) {
                decoder.probe(example.input());
                rows.add(row);
            } else if (readable(row, broken)) {
                rows.add(row);
            }
        }
        if (!broken.isEmpty()) {
            skipped.addAndGet(broken.size());
            Warnings.say(
                    LOG,
                    broken.size() + " of " + examples.size() + " pictures skipped. "
                            + String.join("; ", broken.subList(0, Math.min(NAMED, broken.size())))
                            + (broken.size() > NAMED ? "; ..." : ""));
        }
        return rows;
    }

    private boolean readable(EncodedImage row, List<String> broken) {
        try {
            if (!(row.image().source() instanceof Image.Source.Normalised)) {
                preprocessing.check(decoder.decode(row.image()), row);
            }
            return true;
        } catch (FinetuneException e) {
            broken.add(e.getMessage());
            return false;
        }
    }

    /** {@return how many pictures made no row because they are broken} */
    public long skipped() {
        return skipped.get();
    }

    @Override
    public HostBatch collate(List<Encoded> rows, CollateContext context) {
        Map<String, HostTensor> columns = new LinkedHashMap<>();
        if (!rows.isEmpty()) {
            ImageAugmenter changes = context.purpose() == Purpose.TRAINING ? augmenter : ImageAugmenter.of(List.of());
            boolean keeps = context.purpose() != Purpose.PREDICTION;
            ImageBatch batch = new ImageBatch(preprocessing, decoder, changes, keeps ? cache : new PixelCache(0));
            batch.fill(columns, rows, classes, context.seed());
        }
        return new HostBatch(columns, List.copyOf(rows));
    }

    /** The labels alone, without decoding a picture. */
    @Override
    public Optional<HostBatch> collateTargets(List<Encoded> rows) {
        Map<String, HostTensor> columns = new LinkedHashMap<>();
        ImageTargets.labels(rows).ifPresent(labels -> columns.put("labels", labels));
        return Optional.of(new HostBatch(columns, List.copyOf(rows)));
    }

    /** Augmentations change a picture in every batch. */
    @Override
    public boolean variesInTraining() {
        return changing;
    }

    /** Never: pictures of a batch have one size. */
    @Override
    public boolean hasLengths() {
        return false;
    }

    /** Always 0: pictures are not cut off. */
    @Override
    public long truncated() {
        return 0;
    }

    /** The picture itself, as a JPEG; empty for numbers that the network reads as they are. */
    @Override
    public Optional<byte[]> thumbnail(Image input, int side) {
        if (input.source() instanceof Image.Source.Normalised) {
            return Optional.empty();
        }
        try {
            return Optional.of(JpegBytes.of(decoder.decode(input), side));
        } catch (IOException e) {
            throw new FinetuneException(input + " couldn't be written as a small picture: " + e, e);
        }
    }

    /** Writes {@code preprocessor_config.json}. */
    @Override
    public void save(Path directory) throws IOException {
        String json = new GsonBuilder().setPrettyPrinting().create().toJson(preprocessing.toJson());
        Files.writeString(directory.resolve("preprocessor_config.json"), json + "\n");
    }

    /** Does nothing: there is nothing native in it. */
    @Override
    public void close() {}
}
