package app;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A whole application: trains, saves, loads, and predicts as before. */
public final class App {
    private App() {}

    public static void main(String[] arguments) {
        final List<Example<Text>> rows = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            rows.add(new Example<>(Text.of("a lovely lamp"), Label.of("good")));
            rows.add(new Example<>(Text.of("a broken lamp"), Label.of("bad")));
        }
        final Dataset<Text> data = Dataset.of(Text.class, rows);
        final Path saved = Path.of(arguments[1]);
        final Text text = Text.of("a lovely lamp");
        final double before;
        try (FineTuned<Text> tuned = FineTuner.from(Path.of(arguments[0]))
                .head("bad", "good")
                .maxLength(16)
                .epochs(1)
                .fit(data, data)) {
            before = tuned.predict(text).probability();
            tuned.save(saved);
        }
        try (FineTuned<Text> loaded = FineTuned.load(saved)) {
            System.out.println("same after loading: " + (loaded.predict(text).probability() == before));
        }
        System.out.println("module: " + App.class.getModule().isNamed() + " " + FineTuned.class.getModule().isNamed());
    }
}
