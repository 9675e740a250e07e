package app;

import dev.finetune.FineTuned;
import dev.finetune.head.Prediction;
import dev.finetune.vision.Image;
import java.nio.file.Path;
import java.util.Base64;

/** What {@link App} does with texts; then a saved model of pictures looks at one. */
public final class BothFamilies {
    /** A yellow disc of 64 pixels, as WebP, whose decoder is a library of its own. */
    private static final String DISC = "UklGRoAAAABXRUJQVlA4THQAAAAvP8APAA9wD8t7+J6Hff4DD24jSXKbBUBhfggXCkLDh4ZQPoQzqcfYpyb9"
            + "iP5PgP5hRu9Gp8JkDYolhB1gtgssdgMMYJCqTY+stn+kWXlFWvyCZuUVq+0fqTY9Ihsk3QBJusBiB5gtIaxB"
            + "sQqT6Ya6Gb0fDQ==";

    private BothFamilies() {}

    public static void main(String[] arguments) {
        App.main(new String[] {arguments[0], arguments[2]});
        try (FineTuned<Image> pictures = FineTuned.load(Path.of(arguments[1]))) {
            final Image disc = Image.of(Base64.getDecoder().decode(DISC), "disc.webp");
            final Prediction prediction = pictures.predict(disc);
            System.out.println("picture: " + prediction.label());
        }
    }
}
