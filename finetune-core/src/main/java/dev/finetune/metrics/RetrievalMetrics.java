package dev.finetune.metrics;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * How well vectors find their like. Recall at k is the share of queries that have one of their class among the k known ones
 * whose vectors are nearest, by the cosine of the angle between them (Oh Song et al., "Deep metric learning via lifted
 * structured feature embedding", 2016; the InformationRetrievalEvaluator of sentence-transformers calls it accuracy@k). Of
 * equally near ones the earlier comes first.
 */
public final class RetrievalMetrics {
    private final List<double[]> known;
    private final int width;
    private final List<String> classes;

    /**
     * What is searched.
     *
     * @param known vectors, all of one width
     * @param classes that of each
     * @throws FinetuneException if there are none, or not as many classes as vectors, or if vectors differ in width
     */
    public RetrievalMetrics(List<float[]> known, List<String> classes) {
        this.classes = Arguments.copy(classes, "classes");
        final List<float[]> vectors = Arguments.copy(known, "known");
        if (vectors.isEmpty()) {
            throw new FinetuneException("There is nothing to search: known is empty.");
        }
        checkCount(vectors.size(), classes.size());
        this.width = vectors.get(0).length;
        this.known = vectors.stream().map(this::normalised).toList();
    }

    /**
     * {@return the numbers of the known vectors that are nearest to another one, the nearest first}
     *
     * @param vector of the same width
     * @param count how many; fewer where fewer are known
     * @throws FinetuneException for a vector of another width
     */
    public List<Integer> nearest(float[] vector, int count) {
        final double[] query = normalised(vector);
        final double[] cosines =
                known.stream().mapToDouble(other -> dot(query, other)).toArray();
        return IntStream.range(0, cosines.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -cosines[i]))
                .limit(count)
                .toList();
    }

    /**
     * {@return how near a known vector is to another one: the cosine of the angle between them, -1 to 1; 0 where one has no length}
     *
     * @param vector of the same width
     * @param number of the known one, from 0
     * @throws FinetuneException for a vector of another width
     */
    public double similarity(float[] vector, int number) {
        return dot(normalised(vector), known.get(number));
    }

    /**
     * "recall@1", "recall@5" ... of some queries, 0 to 1.
     *
     * @param queries vectors, none of them known
     * @param truths the class of each
     * @param depths the k of each recall, from 1 on
     * @return a recall for each depth
     * @throws FinetuneException if there are no queries, or not as many truths, or for a depth below 1
     */
    public Metrics recall(List<float[]> queries, List<String> truths, int... depths) {
        final List<float[]> asked = Arguments.copy(queries, "queries");
        final List<String> wanted = Arguments.copy(truths, "truths");
        if (asked.isEmpty()) {
            throw new FinetuneException("Recall needs at least one query.");
        }
        checkCount(asked.size(), wanted.size());
        final int[] ks = depths.clone();
        for (int k : ks) {
            if (k < 1) {
                throw new FinetuneException("Recall at " + k + ": expected a number from 1 on.");
            }
        }
        final int deepest = IntStream.of(ks).max().orElse(1);
        final long[] found = new long[ks.length];
        for (int i = 0; i < asked.size(); i++) {
            final List<Integer> nearest = nearest(asked.get(i), deepest);
            final String truth = wanted.get(i);
            final int first = IntStream.range(0, nearest.size())
                    .filter(place -> classes.get(nearest.get(place)).equals(truth))
                    .findFirst()
                    .orElse(Integer.MAX_VALUE);
            for (int j = 0; j < ks.length; j++) {
                found[j] += first < ks[j] ? 1 : 0;
            }
        }
        final Map<String, Double> shares = new LinkedHashMap<>();
        for (int j = 0; j < ks.length; j++) {
            shares.put("recall@" + ks[j], (double) found[j] / asked.size());
        }
        Metrics metrics = new Metrics(shares);
        for (int j = 0; j < ks.length; j++) {
            metrics = metrics.withShare("recall@" + ks[j], found[j], asked.size(), 1);
        }
        return metrics;
    }

    private static void checkCount(int vectors, int classes) {
        if (vectors != classes) {
            throw new FinetuneException(
                    "There are " + vectors + " vectors and " + classes + " classes; each vector has one.");
        }
    }

    /** Of length 1, but for one of length 0. */
    private double[] normalised(float[] vector) {
        if (vector.length != width) {
            throw new FinetuneException("A vector is " + vector.length + " wide, and the first known one " + width
                    + ": those of one model are all as wide.");
        }
        final double[] wide = new double[width];
        Arrays.setAll(wide, i -> vector[i]);
        final double length = Math.sqrt(dot(wide, wide));
        Arrays.setAll(wide, i -> length == 0 ? 0 : wide[i] / length);
        return wide;
    }

    private static double dot(double[] one, double[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += one[i] * other[i];
        }
        return sum;
    }
}
