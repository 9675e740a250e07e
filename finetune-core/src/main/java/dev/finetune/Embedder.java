package dev.finetune;

import dev.finetune.data.Text;
import java.util.List;

/** Vectors of texts from a pretrained encoder. Thread-safe; holds native memory until it is closed. */
public final class Embedder implements AutoCloseable {
    private final FineTuned<Text> model;

    Embedder(FineTuned<Text> model) {
        this.model = model;
    }

    /** The vector of one text: as many numbers as the encoder is wide. */
    public float[] embed(String text) {
        return embed(List.of(text)).get(0);
    }

    /** The vector of each text, in order. */
    public List<float[]> embed(List<String> texts) {
        return model.predict(texts.stream().map(Text::of).toList()).stream()
                .map(prediction -> ((Prediction.Vector) prediction).vector())
                .toList();
    }

    @Override
    public void close() {
        model.close();
    }
}
