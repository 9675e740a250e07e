package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Prediction;
import dev.finetune.vision.Image;
import dev.finetune.vision.ImageSheet;
import dev.finetune.vision.image.ImageDecoder;
import dev.finetune.vision.image.ImageEncoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Pictures to look at: what a model is trained on, and what it gets wrong. */
final class Sheets {
    private static final int MOST = 32;
    private static final int COLUMNS = 8;
    private static final double SMALLEST_SHARE = 0.05;

    private Sheets() {}

    /** Writes one batch of training pictures as the network sees them, augmented, with their labels below. */
    static void augmentedBatch(FineTuned<Image> model, Dataset<Image> train, int size, long seed, Path file) {
        final ImageEncoder encoder = encoder(model);
        final List<Example<Image>> examples = new ArrayList<>(train.asList());
        Collections.shuffle(examples, new Random(seed));
        final List<Encoded> rows = encoder.encode(examples.subList(0, Math.min(Math.min(size, MOST), examples.size())));
        final HostBatch batch = encoder.collate(rows, new CollateContext(CollateContext.Purpose.TRAINING, seed));
        if (!(batch.columns().get("pixel_values") instanceof HostTensor.Floats pixels)) {
            throw new FinetuneException("The model's batches hold no pixel_values, so there is nothing to draw.");
        }
        final List<String> captions = captions(batch, model.labels());
        new ImageSheet(ImageSheet.tiles(pixels, encoder.preprocessing(), captions), COLUMNS).write(file);
    }

    private static List<String> captions(HostBatch batch, List<String> labels) {
        final HostTensor column = batch.columns().get("labels");
        if (column instanceof HostTensor.Longs classes) {
            return IntStream.range(0, batch.size())
                    .mapToObj(i -> labels.get(Math.toIntExact(classes.data()[i])))
                    .toList();
        }
        if (column instanceof HostTensor.Floats shares && shares.shape()[1] == labels.size()) {
            return IntStream.range(0, batch.size())
                    .mapToObj(i -> IntStream.range(0, labels.size())
                            .filter(j -> shares.data()[i * labels.size() + j] > SMALLEST_SHARE)
                            .mapToObj(j -> shared(labels.get(j), shares.data()[i * labels.size() + j]))
                            .collect(Collectors.joining(", ")))
                    .toList();
        }
        return Collections.nCopies(batch.size(), "");
    }

    private static String shared(String label, float share) {
        return share > 1 - SMALLEST_SHARE ? label : String.format(Locale.ROOT, "%s %.2f", label, share);
    }

    /**
     * Writes the pictures whose true class got the lowest probability of all that were taken for another class.
     *
     * @return how many pictures were wrong; with none, nothing is written
     */
    static int worstMistakes(FineTuned<Image> model, Dataset<Image> pictures, Path file) {
        final ImageEncoder encoder = encoder(model);
        final List<Example<Image>> examples = pictures.asList().stream()
                .filter(example -> example.label() instanceof Label.Category)
                .toList();
        final List<Prediction> predictions =
                model.predict(examples.stream().map(Example::input).toList());
        final List<Mistake> mistakes = IntStream.range(0, examples.size())
                .mapToObj(i -> new Mistake(
                        examples.get(i).input(),
                        ((Label.Category) examples.get(i).label()).name(),
                        predictions.get(i)))
                .filter(Mistake::isOne)
                .sorted(Comparator.comparingDouble(Mistake::believed))
                .toList();
        if (!mistakes.isEmpty()) {
            final ImageDecoder decoder = new ImageDecoder();
            final List<ImageSheet.Tile> tiles = mistakes.stream()
                    .limit(MOST)
                    .map(mistake -> new ImageSheet.Tile(
                            encoder.preprocessing().sized(decoder.decode(mistake.image)), mistake.caption()))
                    .toList();
            new ImageSheet(tiles, COLUMNS).write(file);
        }
        return mistakes.size();
    }

    private record Mistake(Image image, String truth, Prediction prediction) {
        boolean isOne() {
            return !prediction.label().equals(truth);
        }

        double believed() {
            return prediction.probability(truth);
        }

        String caption() {
            return String.format(
                    Locale.ROOT, "%s seen as %s (%.2f)", truth, prediction.label(), prediction.probability());
        }
    }

    private static ImageEncoder encoder(FineTuned<Image> model) {
        if (model.assembly().encoder() instanceof ImageEncoder encoder) {
            return encoder;
        }
        throw new FinetuneException("The model doesn't read its pictures as the models of finetune-vision do.");
    }
}
