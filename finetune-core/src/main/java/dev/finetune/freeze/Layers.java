package dev.finetune.freeze;

/** Names parts of a network by its stages, for {@link dev.finetune.FineTuner#freeze(Freeze)}; a summary lists them. */
public final class Layers {
    private Layers() {}

    /**
     * {@return every stage from the input up to and with the one of that name: {@code upTo("layer3")}, {@code
     * upTo("layer.7")}}
     *
     * @param stage the stage's dotted name, or its end
     */
    public static Freeze upTo(String stage) {
        return new Freeze.UpTo(stage);
    }
}
