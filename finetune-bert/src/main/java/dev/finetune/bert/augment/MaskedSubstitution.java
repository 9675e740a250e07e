package dev.finetune.bert.augment;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.bert.text.MaskedEncoder;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.head.Prediction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * New texts from old ones by the encoder itself: some words of a text are hidden, and replaced by others that the encoder's
 * masked-LM head holds likely there (Wu et al., "Conditional BERT contextual augmentation", 2019, without the condition on
 * the label). Labels stay: a word that decides the label may be replaced, so let the share be small. Thread-safe; holds
 * native memory until it is closed.
 *
 * <pre>{@code
 * try (MaskedSubstitution substitution = MaskedSubstitution.by(FineTuner.from("bert-base-uncased"), 0.1)) {
 *     Dataset<Text> more = substitution.extend(train, 2, 42);
 * }
 * }</pre>
 */
public final class MaskedSubstitution implements AutoCloseable {
    private final FineTuned<Text> model;
    private final String mask;
    private final double share;

    private MaskedSubstitution(FineTuned<Text> model, double share) {
        this.model = model;
        this.mask = ((MaskedEncoder) model.assembly().encoder()).maskToken();
        this.share = share;
    }

    /**
     * Replaces a share of the words, at least one, by what a model holds likely.
     *
     * @param tuner of a checkpoint with a masked-LM head; its own head, freezing and augmentations don't matter
     * @param share of the words of a text, above 0 and below 1; 0.1 is usual
     * @return the augmentation, which holds the model until it is closed
     * @throws FinetuneException if the checkpoint can't be loaded or has no masked-LM head
     */
    public static MaskedSubstitution by(FineTuner tuner, double share) {
        Objects.requireNonNull(tuner, "tuner");
        Shares.check("MaskedSubstitution.by", share);
        final FineTuned<Text> model = tuner.augment().head(Heads.maskedLm()).untrained(Text.class);
        final boolean fresh = model.assembly().network().head().parameters().stream()
                .anyMatch(parameter -> parameter.isNewlyInitialized());
        if (fresh) {
            model.close();
            throw new FinetuneException(tuner + " has no masked-LM head of its own, so it holds no word likelier than "
                    + "another; take the pretrained checkpoint that it came from.");
        }
        return new MaskedSubstitution(model, share);
    }

    /**
     * {@return the examples of a data set, then changed copies of all of them, with their labels}
     *
     * @param dataset in memory or streamed
     * @param copies how many of each example; 0 for none
     * @param seed draws the words and what replaces them
     * @throws FinetuneException if there are to be fewer than no copies
     */
    public Dataset<Text> extend(Dataset<Text> dataset, int copies, long seed) {
        Objects.requireNonNull(dataset, "dataset");
        if (copies < 0) {
            throw new FinetuneException(
                    "extend(...) makes so many copies of each example, at least 0, but " + copies + " were asked for.");
        }
        final List<Example<Text>> all = new ArrayList<>(dataset.asList());
        final SplittableRandom seeds = new SplittableRandom(seed);
        for (int copy = 0; copy < copies; copy++) {
            final List<Hidden> hidden = new ArrayList<>();
            for (Example<Text> example : dataset.asList()) {
                hidden.add(hide(example, new SplittableRandom(seeds.nextLong())));
            }
            final List<Prediction.Fills> fills =
                    model.predict(hidden.stream().map(one -> one.text(mask)).toList(), Prediction.Fills.class);
            for (int i = 0; i < hidden.size(); i++) {
                all.add(filled(hidden.get(i), fills.get(i)));
            }
        }
        return Dataset.of(Text.class, all)
                .describedAs(dataset.describe() + ", and " + copies + " copies with words substituted");
    }

    /** An example some of whose words are to be replaced. */
    private record Hidden(Example<Text> example, List<String> words, List<Integer> places, SplittableRandom random) {
        Text text(String mask) {
            final List<String> shown = new ArrayList<>(words);
            places.forEach(place -> shown.set(place, mask));
            return new Text(String.join(" ", shown), example.input().pair());
        }
    }

    private Hidden hide(Example<Text> example, SplittableRandom random) {
        final List<String> words = Arrays.asList(example.input().text().strip().split("\\s+"));
        final List<Integer> free = new ArrayList<>(IntStream.range(0, words.size())
                .filter(i -> isWord(words.get(i)))
                .boxed()
                .toList());
        final TreeSet<Integer> places = new TreeSet<>();
        final boolean spelt = words.stream().anyMatch(word -> word.contains(mask));
        for (int count = Math.max(1, (int) (share * words.size())); count > 0 && !free.isEmpty() && !spelt; count--) {
            Collections.swap(free, random.nextInt(free.size()), free.size() - 1);
            places.add(free.remove(free.size() - 1));
        }
        return new Hidden(example, words, List.copyOf(places), random);
    }

    private static Example<Text> filled(Hidden hidden, Prediction.Fills fills) {
        final List<String> words = new ArrayList<>(hidden.words);
        for (int i = 0; i < Math.min(hidden.places.size(), fills.places().size()); i++) {
            final int place = hidden.places.get(i);
            draw(fills.places().get(i), words.get(place), hidden.random).ifPresent(word -> words.set(place, word));
        }
        return hidden.places.isEmpty()
                ? hidden.example
                : new Example<>(
                        new Text(String.join(" ", words), hidden.example.input().pair()), hidden.example.label());
    }

    /** One of the likely words that is another, as likely as the model says. */
    private static Optional<String> draw(Map<String, Double> likely, String old, SplittableRandom random) {
        double total = 0;
        for (Map.Entry<String, Double> entry : likely.entrySet()) {
            total += fits(entry.getKey(), old) ? entry.getValue() : 0;
        }
        double rest = random.nextDouble() * total;
        Optional<String> chosen = Optional.empty();
        for (Map.Entry<String, Double> entry : likely.entrySet()) {
            if (fits(entry.getKey(), old) && rest >= 0) {
                chosen = Optional.of(plain(entry.getKey()));
                rest -= entry.getValue();
            }
        }
        return chosen;
    }

    private static boolean fits(String token, String old) {
        return isWord(plain(token)) && !plain(token).equalsIgnoreCase(old);
    }

    /** A token without what byte-level vocabularies write for the space before a word. */
    private static String plain(String token) {
        return token.startsWith("\u0120") || token.startsWith("\u2581") ? token.substring(1) : token;
    }

    private static boolean isWord(String word) {
        return !word.isEmpty() && word.codePoints().allMatch(Character::isLetter);
    }

    @Override
    public void close() {
        model.close();
    }
}
