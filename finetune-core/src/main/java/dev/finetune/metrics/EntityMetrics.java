package dev.finetune.metrics;

import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Scores tagged sentences. What is scored follows from the tags:
 *
 * <ul>
 *   <li>Tags that mark entities, that is "O" and tags with a prefix: entities, as seqeval does in its default mode. An entity
 *       counts as found if its type, first and last word are all right. Tags are IOB2 ("B-PER", "I-PER", "O"), also IOB1,
 *       IOE, IOBES, BMES, and BILOU, which is read as IOBES (seqeval's default mode has no U); an I- that follows no entity of its type begins one, as conlleval has it. A tag without a
 *       prefix beside "O" ("PER") is a type of its own, and neighbours that have it are one entity.
 *   <li>Tags without "O" that don't all have a prefix, such as parts of speech: words. Each tag is a class; "precision",
 *       "recall" and "f1" are micro averages, and so equal to "accuracy".
 * </ul>
 *
 * <p>Constant memory. Not thread-safe.
 */
public final class EntityMetrics {
    private static final int RIGHT = 0;
    private static final int PREDICTED = 1;
    private static final int TRUE = 2;

    private final Optional<Boolean> ofEntities;
    private final Map<String, long[]> entityCounts = new TreeMap<>();
    private final Map<String, long[]> wordCounts = new TreeMap<>();
    private long words;
    private long rightWords;

    /** An empty score; whether the tags mark entities is told by those that are added. */
    public EntityMetrics() {
        this.ofEntities = Optional.empty();
    }

    /**
     * An empty score.
     *
     * @param tags all tags that there are: they tell whether entities or words are scored
     */
    public EntityMetrics(List<String> tags) {
        this.ofEntities = Optional.of(TagScheme.marksEntities(tags));
    }

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
     * @param truths one a word
     * @param predictions one a word
     * @throws FinetuneException if there are more or fewer predicted tags than true ones
     */
    public void add(List<String> truths, List<String> predictions) {
        if (truths.size() != predictions.size()) {
            throw new FinetuneException("A sentence has " + truths.size() + " true tags " + truths + ", but "
                    + predictions.size() + " predicted ones " + predictions + "; it needs one of each a word.");
        }
        for (int i = 0; i < truths.size(); i++) {
            words++;
            of(wordCounts, predictions.get(i))[PREDICTED]++;
            of(wordCounts, truths.get(i))[TRUE]++;
            if (truths.get(i).equals(predictions.get(i))) {
                rightWords++;
                of(wordCounts, truths.get(i))[RIGHT]++;
            }
        }
        final List<Entity> expected = entities(truths);
        final List<Entity> found = entities(predictions);
        final Set<Entity> both = new HashSet<>(expected);
        both.retainAll(new HashSet<>(found));
        both.forEach(entity -> of(entityCounts, entity.type)[RIGHT]++);
        found.forEach(entity -> of(entityCounts, entity.type)[PREDICTED]++);
        expected.forEach(entity -> of(entityCounts, entity.type)[TRUE]++);
    }

    private static long[] of(Map<String, long[]> counts, String name) {
        return counts.computeIfAbsent(name, each -> new long[3]);
    }

    /**
     * {@return the entities of a tagged sentence, in order; a tag that is empty stands outside, as "O" does}
     *
     * @param tags such as "B-PER", one a word
     */
    public static List<Entity> entities(List<String> tags) {
        final List<Entity> entities = new ArrayList<>();
        TagScheme.Tag before = TagScheme.OUTSIDE;
        int first = 0;
        for (int i = 0; i <= tags.size(); i++) {
            final TagScheme.Tag tag = i < tags.size() ? TagScheme.read(tags.get(i)) : TagScheme.OUTSIDE;
            if (before.endsBefore(tag)) {
                entities.add(new Entity(before.type(), first, i - 1));
            }
            if (tag.beginsAfter(before)) {
                first = i;
            }
            before = tag;
        }
        return entities;
    }

    /**
     * Puts in place of what it has counted what all processes have, each over its part of the same data.
     *
     * @param totals over the processes, all of which call this
     */
    public void total(Totals totals) {
        entityCounts.putAll(totals.of(entityCounts));
        wordCounts.putAll(totals.of(wordCounts));
        words = totals.of(words);
        rightWords = totals.of(rightWords);
    }

    /**
     * "precision", "recall" and "f1" are micro averages over all entities, or over all words where the tags mark no
     * entities; "accuracy" is that of words.
     *
     * @return what was counted so far
     */
    public Metrics result() {
        final List<Average.Counts> types = new ArrayList<>();
        final boolean entities = ofEntities.orElseGet(() -> TagScheme.marksEntities(wordCounts.keySet()));
        (entities ? entityCounts : wordCounts)
                .forEach((type, c) -> types.add(new Average.Counts(type, c[RIGHT], c[PREDICTED], c[TRUE])));
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("precision", Average.MICRO.of(types, Average.Counts::precision));
        values.put("recall", Average.MICRO.of(types, Average.Counts::recall));
        values.put("f1", Average.MICRO.of(types, Average.Counts::f1));
        values.put("accuracy", words == 0 ? 0 : (double) rightWords / words);
        AverageNames.put(values, types);
        return new Metrics(values, types.stream().map(Average.Counts::row).toList(), Optional.empty());
    }
}
