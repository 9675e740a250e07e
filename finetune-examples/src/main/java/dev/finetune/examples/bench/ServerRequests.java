package dev.finetune.examples.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.examples.ShippedFiles;
import dev.finetune.vision.Image;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.DoubleFunction;

/** Small models with random weights, and requests of mixed sizes to them. */
final class ServerRequests {
    private static final int REQUESTS = 256;
    private static final int LONGEST = 512;
    private static final List<String> WORDS = List.of("a", "gripping", "story", "without", "hope", "the", "film", "is");

    private ServerRequests() {}

    /** The shipped encoder's vocabulary, with two layers of 64 numbers, for texts of 512 tokens. */
    static FineTuned<Text> textModel(Path folder) throws IOException {
        final Path directory = ShippedFiles.encoder(folder.resolve("small"));
        final Path file = directory.resolve("config.json");
        final JsonObject config = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        config.addProperty("hidden_size", 64);
        config.addProperty("intermediate_size", 128);
        config.addProperty("num_hidden_layers", 2);
        config.addProperty("max_position_embeddings", LONGEST);
        Files.writeString(file, config.toString());
        return FineTuner.from(directory)
                .head("bad", "good")
                .initialization(i -> i.randomWeights(true))
                .maxLength(LONGEST)
                .untrained(Text.class);
    }

    static FineTuned<Image> pictureModel(Path folder) {
        return FineTuned.load(ShippedFiles.resnet(folder));
    }

    /** Texts of 1 to 512 tokens, as many short as long ones on a logarithmic scale; every fourth time several at once. */
    static List<List<Text>> texts() {
        final SplittableRandom random = new SplittableRandom(1);
        return requests(random, size -> {
            final int words = Math.max(1, (int) Math.round(Math.pow(LONGEST, size)) - 2);
            return Text.of(String.join(
                    " ",
                    random.ints(words, 0, WORDS.size()).mapToObj(WORDS::get).toList()));
        });
    }

    /** Pictures of 16 to 300 pixels a side; every fourth time several at once. */
    static List<List<Image>> pictures() {
        final SplittableRandom random = new SplittableRandom(1);
        return requests(random, size -> {
            final int width = 16 + (int) (size * 284);
            final BufferedImage picture =
                    new BufferedImage(width, 16 + random.nextInt(284), BufferedImage.TYPE_INT_RGB);
            final int colour = random.nextInt(1 << 24);
            for (int y = 0; y < picture.getHeight(); y++) {
                for (int x = 0; x < width; x++) {
                    picture.setRGB(x, y, colour * (x / 7 + 1) ^ colour * (y / 5 + 1) & 0xffffff);
                }
            }
            return Image.of(picture);
        });
    }

    /** The first is of size 0, the last of size 1. */
    private static <I> List<List<I>> requests(SplittableRandom random, DoubleFunction<I> ofSize) {
        final List<List<I>> requests = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            final List<I> inputs = new ArrayList<>();
            inputs.add(ofSize.apply(i / (REQUESTS - 1.0)));
            for (int more = i % 4 == 3 ? random.nextInt(1, 8) : 0; more > 0; more--) {
                inputs.add(ofSize.apply(random.nextDouble()));
            }
            requests.add(List.copyOf(inputs));
        }
        Collections.shuffle(requests, new Random(1));
        return requests;
    }
}
