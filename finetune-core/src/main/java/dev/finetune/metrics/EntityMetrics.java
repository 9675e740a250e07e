package dev.finetune.metrics;

import dev.finetune.FinetuneException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Scores tagged sentences by their entities, as seqeval does in its default mode: an entity counts as found if its type,
 * first and last word are all right. Tags are IOB2 ("B-PER", "I-PER", "O"), also IOB1 and IOBES; an I- that follows no
 * entity of its type begins one, as conlleval has it. Constant memory. Not thread-safe.
 */
public final class EntityMetrics {
    private final Map<String, long[]> counts = new TreeMap<>();
    private long words;
    private long rightWords;

    /**
     * An entity.
     *
     * @param type what kind
     * @param first the index of its first word
     * @param last the index of its last word
     */
    public record Entity(String type, int first, int last) {}

    /**
     * Counts one sentence: the true and the predicted tag of each word.
     *
     * @throws FinetuneException if there are more or fewer predicted tags than true ones
     */
    public void add(List<String> truths, List<String> predictions) {
        if (truths.size() != predictions.size()) {
            throw new FinetuneException("A sentence has " + truths.size() + " true tags " + truths + ", but "
                    + predictions.size() + " predicted ones " + predictions + "; it needs one of each a word.");
        }
        for (int i = 0; i < truths.size(); i++) {
            words++;
            rightWords += truths.get(i).equals(predictions.get(i)) ? 1 : 0;
        }
        final List<Entity> expected = entities(truths);
        final List<Entity> found = entities(predictions);
        final Set<Entity> both = new HashSet<>(expected);
        both.retainAll(new HashSet<>(found));
        both.forEach(entity -> of(entity)[0]++);
        found.forEach(entity -> of(entity)[1]++);
        expected.forEach(entity -> of(entity)[2]++);
    }

    private long[] of(Entity entity) {
        return counts.computeIfAbsent(entity.type, type -> new long[3]);
    }

    /** The entities of a tagged sentence, in order. */
    public static List<Entity> entities(List<String> tags) {
        final List<Entity> entities = new ArrayList<>();
        Tag before = Tag.OUTSIDE;
        int first = 0;
        for (int i = 0; i <= tags.size(); i++) {
            final Tag tag = i < tags.size() ? Tag.of(tags.get(i)) : Tag.OUTSIDE;
            if (ends(before, tag)) {
                entities.add(new Entity(before.type, first, i - 1));
            }
            if (begins(before, tag)) {
                first = i;
            }
            before = tag;
        }
        return entities;
    }

    private record Tag(char kind, String type) {
        static final Tag OUTSIDE = new Tag('O', "");

        static Tag of(String tag) {
            if (tag.isEmpty() || tag.equals("O")) {
                return OUTSIDE;
            }
            final int dash = tag.indexOf('-');
            return new Tag(tag.charAt(0), dash < 0 ? "_" : tag.substring(dash + 1));
        }

        boolean inside() {
            return kind != 'O';
        }
    }

    private static boolean ends(Tag before, Tag tag) {
        return before.inside()
                && (before.kind == 'E'
                        || before.kind == 'S'
                        || tag.kind == 'B'
                        || tag.kind == 'S'
                        || !tag.inside()
                        || !before.type.equals(tag.type));
    }

    private static boolean begins(Tag before, Tag tag) {
        return tag.inside()
                && (tag.kind == 'B'
                        || tag.kind == 'S'
                        || before.kind == 'E'
                        || before.kind == 'S'
                        || !before.inside()
                        || !before.type.equals(tag.type));
    }

    /** "precision", "recall" and "f1" over all entities (micro averages), "accuracy" over words. */
    public Metrics result() {
        final List<Average.Counts> types = new ArrayList<>();
        counts.forEach((type, c) -> types.add(new Average.Counts(type, c[0], c[1], c[2])));
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("precision", Average.MICRO.of(types, Average.Counts::precision));
        values.put("recall", Average.MICRO.of(types, Average.Counts::recall));
        values.put("f1", Average.MICRO.of(types, Average.Counts::f1));
        values.put("accuracy", words == 0 ? 0 : (double) rightWords / words);
        AverageNames.put(values, types);
        return new Metrics(values, types.stream().map(Average.Counts::row).toList(), Optional.empty());
    }
}
