package dev.finetune.bert.job;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Parameter;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Small checkpoints (three layers, 48 wide, random weights) and data in their vocabulary: jobs of a second or two. */
public final class Jobs {
    static final List<String> FILLERS = List.of(
            "the", "product", "screen", "mail", "price", "sound", "and", "within", "an", "hour", "of", "battery");

    private Jobs() {}

    public static Path model(String name) {
        return Path.of("src/test/resources/golden", name, "model");
    }

    /** Two classes at a rate that small models need; batches of 8. */
    public static FineTuner classifier() {
        return FineTuner.from(model("bert-sequence-classification"))
                .head("bad", "good")
                .maxLength(32)
                .lr(2e-3);
    }

    /** One epoch of rows as given, without dropout: what a step does depends on its rows alone. */
    static FineTuner inOrder() {
        return classifier().batching(b -> b.shuffle(false).groupByLength(false)).epochs(1);
    }

    /** Texts of 3 to 14 words, half of them good: one of the words tells. */
    static List<Example<Text>> reviews(int count, long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final boolean good = i % 2 == 0;
            final List<String> words = new ArrayList<>();
            for (int j = random.nextInt(2, 14); j > 0; j--) {
                words.add(FILLERS.get(random.nextInt(FILLERS.size())));
            }
            words.add(random.nextInt(words.size() + 1), good ? "great" : "waste");
            examples.add(new Example<>(Text.of(String.join(" ", words)), Label.of(good ? "good" : "bad")));
        }
        return examples;
    }

    public static Dataset<Text> data(int count, long seed) {
        return Dataset.of(Text.class, reviews(count, seed));
    }

    /** The texts alone, to pretrain on. */
    static Dataset<Text> unlabelled(int count, long seed) {
        return Dataset.of(
                Text.class,
                texts(count, seed).stream()
                        .map(text -> new Example<>(text, Label.none()))
                        .toList());
    }

    static List<Text> texts(int count, long seed) {
        return reviews(count, seed).stream().map(Example::input).toList();
    }

    /** Sentences of 2 to 11 words in which "great" starts and "sound" goes on an entity. */
    static Dataset<Words> sentences(int count, long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Example<Words>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final List<String> words = new ArrayList<>();
            final List<String> tags = new ArrayList<>();
            final int before = random.nextInt(5);
            final int after = random.nextInt(5);
            for (int j = 0; j < before + after + 2; j++) {
                final int place = j - before;
                words.add(place == 0 ? "great" : place == 1 ? "sound" : FILLERS.get(random.nextInt(5)));
                tags.add(place == 0 ? "B-X" : place == 1 ? "I-X" : "O");
            }
            examples.add(new Example<>(new Words(words), new Label.Tags(tags)));
        }
        return Dataset.of(Words.class, examples);
    }

    /** A copy of every parameter, by name. */
    public static Map<String, float[]> weights(FineTuned<?> model) {
        final Map<String, float[]> weights = new LinkedHashMap<>();
        for (Parameter parameter : model.assembly().network().parameters()) {
            weights.put(parameter.name(), Tensors.floats(parameter.value()));
        }
        return weights;
    }

    /** The share of labelled texts of which a model says the label. */
    static double accuracy(FineTuned<Text> model, Dataset<Text> data) {
        return data.asList().stream()
                .mapToInt(row -> Label.of(model.predict(row.input()).label()).equals(row.label()) ? 1 : 0)
                .average()
                .orElseThrow();
    }

    static TrainingHistory history(FineTuned<?> model) {
        return model.history().orElseThrow();
    }

    static List<Double> losses(FineTuned<?> model) {
        return history(model).steps().stream().map(StepReport::loss).toList();
    }
}
