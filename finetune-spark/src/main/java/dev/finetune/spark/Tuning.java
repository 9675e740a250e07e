package dev.finetune.spark;

import dev.finetune.FineTuner;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** What an estimator's parameters say of a tuner; null where they say nothing. */
record Tuning(
        String pretrained,
        String labelKind,
        int classes,
        @Nullable Integer freeze,
        @Nullable Double learningRate,
        @Nullable Double epochs,
        @Nullable Integer batchSize,
        @Nullable Integer maxLength,
        @Nullable Long seed,
        @Nullable String recipe)
        implements TunerSource {
    static Tuning of(TextFineTuner from, int classes) {
        final String pretrained = TextParams.said(from, from.pretrained());
        if (pretrained == null) {
            throw new FinetuneException(
                    "The estimator doesn't say what to start from: setPretrained(\"/models/bert\"), say.");
        }
        return new Tuning(
                pretrained,
                from.getOrDefault(from.labelKind()),
                classes,
                (Integer) TextParams.said(from, from.freeze()),
                (Double) TextParams.said(from, from.learningRate()),
                (Double) TextParams.said(from, from.epochs()),
                (Integer) TextParams.said(from, from.batchSize()),
                (Integer) TextParams.said(from, from.maxLength()),
                (Long) TextParams.said(from, from.seed()),
                TextParams.said(from, from.recipe()));
    }

    @Override
    public FineTuner get() {
        FineTuner tuner = FineTuner.from(pretrained);
        tuner = switch (labelKind) {
            case "category" -> tuner.head(classes);
            case "categories" -> tuner.head(Heads.multiLabel());
            default -> tuner.head(Heads.regression());
        };
        tuner = with(tuner, freeze, FineTuner::freeze);
        tuner = with(tuner, learningRate, FineTuner::lr);
        tuner = with(tuner, epochs, FineTuner::epochs);
        tuner = with(tuner, batchSize, FineTuner::batchSize);
        tuner = with(tuner, maxLength, FineTuner::maxLength);
        tuner = with(tuner, seed, FineTuner::seed);
        return recipe == null ? tuner : made().apply(tuner);
    }

    private static <T> FineTuner with(FineTuner tuner, @Nullable T value, BiFunction<FineTuner, T, FineTuner> set) {
        return value == null ? tuner : set.apply(tuner, value);
    }

    private TunerRecipe made() {
        try {
            return Class.forName(recipe, true, Thread.currentThread().getContextClassLoader())
                    .asSubclass(TunerRecipe.class)
                    .getConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException | ClassCastException e) {
            throw new FinetuneException(
                    "The recipe " + recipe + " can't be made (" + e
                            + "): it has to be a TunerRecipe with a public constructor without arguments, on the class path of driver and"
                            + " executors.",
                    e);
        }
    }
}
