package dev.finetune.peft;

import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import dev.finetune.internal.Listed;
import dev.finetune.internal.Regex;
import dev.finetune.nn.Adapter;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerKind;
import dev.finetune.nn.LowRank;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Low-rank adaptation (Hu et al., "LoRA", 2021), named and computed as PEFT does: beside a frozen weight W a linear layer
 * or a convolution gets W x + scale B A dropout(x), where A (rank, in) starts at random, B (out, rank) at zero, and scale
 * is alpha / rank. An embedding of (rows, width) gets W + scale (B A)^T, where A (rank, rows) starts at zero, B (width,
 * rank) at random, and there is no dropout.
 *
 * @param rank r, the width of A and B
 * @param alpha the numerator of the scale
 * @param dropout before A, in training
 * @param rankStabilised whether the scale is alpha / sqrt(rank) instead (Kalajdzievski, 2023)
 * @param dora whether each output's weights get a learned magnitude (DoRA: Liu et al., 2024)
 * @param biases which biases are trained, too
 * @param targets the adapted layers; queries and values by default, as in PEFT
 * @param alsoTrained what names of layers end with that are trained whole and saved with the adapter
 * @param lastLayer whether the head's last layer is, too, whatever the family calls it; so by default
 * @param ranks other ranks for layers whose dotted name matches a regular expression as a whole, or from a dot on; the
 *     first that does counts (PEFT's rank_pattern)
 * @param alphas other alphas, in the same way (alpha_pattern)
 */
public record Lora(
        int rank,
        double alpha,
        double dropout,
        boolean rankStabilised,
        boolean dora,
        Biases biases,
        TargetLayers targets,
        List<String> alsoTrained,
        boolean lastLayer,
        Map<String, Integer> ranks,
        Map<String, Double> alphas)
        implements PeftMethod {
    /** What makes queries and values, by the names that a model's family gives them, which PEFT adapts if nothing is said. */
    public static final TargetLayers QUERIES_AND_VALUES = new TargetLayers.Usual("queries and values");

    /** Which biases of the base are trained. */
    public enum Biases {
        /** None of them. */
        NONE,
        /** All. */
        ALL,
        /** Those of the adapted layers. */
        LORA_ONLY
    }

    /** Checks the ranges and the regular expressions, and keeps its own copies. */
    public Lora {
        Objects.requireNonNull(biases, "biases");
        Objects.requireNonNull(targets, "targets");
        Objects.requireNonNull(ranks, "ranks");
        Objects.requireNonNull(alphas, "alphas");
        ranks.keySet().forEach(regex -> Regex.compile("The ranks of LoRA", regex));
        alphas.keySet().forEach(regex -> Regex.compile("The alphas of LoRA", regex));
        ranks = Collections.unmodifiableMap(new LinkedHashMap<>(ranks));
        alphas = Collections.unmodifiableMap(new LinkedHashMap<>(alphas));
        checkRank(rank);
        ranks.values().forEach(Lora::checkRank);
        check(alpha, dropout);
        for (double other : alphas.values()) {
            check(other, dropout);
        }
        alsoTrained = Arguments.copy(alsoTrained, "alsoTrained");
    }

    private static void checkRank(int rank) {
        if (rank < 1) {
            throw new FinetuneException("The rank of LoRA must be at least 1, but is " + rank + ".");
        }
    }

    private static void check(double alpha, double dropout) {
        if (!(alpha > 0) || !(dropout >= 0 && dropout < 1)) {
            throw new FinetuneException("LoRA needs an alpha above 0 and a dropout from 0 to below 1, not " + alpha
                    + " and " + dropout + ".");
        }
    }

    /**
     * Queries and values at this rank, with alpha twice the rank and without dropout.
     *
     * @param rank at least 1; 8 is usual
     * @return an adapter of queries and values at this rank, with alpha twice the rank and without dropout
     */
    public static Lora rank(int rank) {
        return new Lora(
                rank,
                2.0 * rank,
                0,
                false,
                false,
                Biases.NONE,
                QUERIES_AND_VALUES,
                List.of(),
                true,
                Map.of(),
                Map.of());
    }

    /**
     * {@return the same with another numerator of the scale}
     *
     * @param other above 0
     */
    public Lora alpha(double other) {
        return new Lora(
                rank, other, dropout, rankStabilised, dora, biases, targets, alsoTrained, lastLayer, ranks, alphas);
    }

    /**
     * {@return the same with dropout before A}
     *
     * @param other its probability, from 0 to below 1
     */
    public Lora dropout(double other) {
        return new Lora(
                rank, alpha, other, rankStabilised, dora, biases, targets, alsoTrained, lastLayer, ranks, alphas);
    }

    /**
     * {@return the same with the scale alpha / sqrt(rank)}
     *
     * @param stabilised false for alpha / rank
     */
    public Lora rankStabilised(boolean stabilised) {
        return new Lora(rank, alpha, dropout, stabilised, dora, biases, targets, alsoTrained, lastLayer, ranks, alphas);
    }

    /** {@return the same with a learned magnitude for each output (DoRA)} */
    public Lora withDora() {
        return new Lora(
                rank, alpha, dropout, rankStabilised, true, biases, targets, alsoTrained, lastLayer, ranks, alphas);
    }

    /**
     * {@return the same with biases of the base trained, too; saved with the adapter}
     *
     * @param which of all layers, of the adapted ones, or none
     */
    public Lora biases(Biases which) {
        Objects.requireNonNull(which, "which");
        return new Lora(
                rank, alpha, dropout, rankStabilised, dora, which, targets, alsoTrained, lastLayer, ranks, alphas);
    }

    /**
     * {@return the same for other layers: those whose name is, or ends with a dot and, one of these}
     *
     * @param names such as "query" or "attention.self.query"; at least one
     */
    public Lora targets(String... names) {
        return targets(new TargetLayers.Named(Arguments.copy("names", names)));
    }

    /**
     * {@return the same for the layers whose whole dotted name matches a regular expression}
     *
     * @param regex Java's
     */
    public Lora targetsMatching(String regex) {
        Objects.requireNonNull(regex, "regex");
        return targets(new TargetLayers.Matching(regex));
    }

    /** {@return the same for every linear layer but the output layer (PEFT's "all-linear")} */
    public Lora allLinear() {
        return targets(new TargetLayers.AllLinear());
    }

    private Lora targets(TargetLayers other) {
        return new Lora(
                rank, alpha, dropout, rankStabilised, dora, biases, other, alsoTrained, lastLayer, ranks, alphas);
    }

    /**
     * {@return the same with these trained whole, too, and saved with the adapter, beside the head's last layer, as
     * PEFT's modules_to_save are}
     *
     * @param names what names of layers or blocks end with: "pooler", "pooler.dense", "LayerNorm"; a model that has none of
     *     a name is refused
     */
    public Lora alsoTrained(String... names) {
        return whole(Arguments.copy("names", names), lastLayer);
    }

    @Override
    public Lora training(Collection<String> more) {
        Objects.requireNonNull(more, "more");
        return whole(joined(alsoTrained, more), lastLayer);
    }

    @Override
    public Lora on(LayerNames names) {
        Objects.requireNonNull(names, "names");
        return targets(targets.or(names.queriesAndValues()))
                .whole(lastLayer ? joined(names.lastLayers(), alsoTrained) : alsoTrained, false);
    }

    @Override
    public Lora on(Collection<String> parameters) {
        return whole(alsoTrainedOf(Objects.requireNonNull(parameters, "parameters")), lastLayer);
    }

    private Lora whole(List<String> names, boolean last) {
        return new Lora(rank, alpha, dropout, rankStabilised, dora, biases, targets, names, last, ranks, alphas);
    }

    /** All of them once, in order. */
    static List<String> joined(Collection<String> names, Collection<String> more) {
        return Stream.concat(names.stream(), more.stream()).distinct().toList();
    }

    /**
     * {@return the same with other ranks for some layers: the first regular expression counts that a layer's dotted
     * name matches, as a whole or from a dot on}
     *
     * @param byPattern a rank of at least 1 by regular expression, in the order in which they are tried
     */
    public Lora ranks(Map<String, Integer> byPattern) {
        Objects.requireNonNull(byPattern, "byPattern");
        return new Lora(
                rank, alpha, dropout, rankStabilised, dora, biases, targets, alsoTrained, lastLayer, byPattern, alphas);
    }

    /**
     * {@return the same with other alphas for some layers, chosen as {@link #ranks} are}
     *
     * @param byPattern an alpha above 0 by regular expression
     */
    public Lora alphas(Map<String, Double> byPattern) {
        Objects.requireNonNull(byPattern, "byPattern");
        return new Lora(
                rank, alpha, dropout, rankStabilised, dora, biases, targets, alsoTrained, lastLayer, ranks, byPattern);
    }

    /**
     * {@return the rank for a layer of that dotted name}
     *
     * @param layer the layer's dotted name
     */
    public int rank(String layer) {
        return first(ranks, layer).orElse(rank);
    }

    /**
     * {@return what B A x is multiplied with in a layer of that dotted name}
     *
     * @param layer the layer's dotted name
     */
    public double scale(String layer) {
        final double own = first(alphas, layer).orElse(alpha);
        return own / (rankStabilised ? Math.sqrt(rank(layer)) : rank(layer));
    }

    @Override
    public String prefix() {
        return "lora_";
    }

    @Override
    public Adapter adapter(AdaptableLayer layer) {
        final LayerKind kind = layer.kind();
        if (kind.groups() > 1) {
            throw new FinetuneException("LoRA can't adapt " + layer.name() + ", a convolution of " + kind.groups()
                    + " groups: name other layers as targets.");
        }
        final ParameterSource additions = layer.additions();
        final long[] outputsFirst = outputsFirst(layer);
        final long rank = rank(layer.name());
        final long[] narrow = outputsFirst.clone();
        narrow[0] = rank;
        final long[] wide = new long[outputsFirst.length];
        Arrays.fill(wide, 1);
        wide[0] = outputsFirst[0];
        wide[1] = rank;
        final Optional<Parameter> magnitude = dora
                ? Optional.of(additions.take("lora_magnitude_vector", Init.ZEROS, perOutput(outputsFirst)))
                : Optional.empty();
        final double fanIn = Arrays.stream(narrow).skip(1).reduce(1, (a, b) -> a * b);
        final boolean looksUp = kind.looksUp();
        final LowRank addition = new LowRank(
                kind,
                layer.weight(),
                looksUp
                        ? additions.take("lora_embedding_A", Init.ZEROS, narrow)
                        : additions.take("lora_A.weight", new Init.Uniform(1 / Math.sqrt(fanIn)), narrow),
                looksUp
                        ? additions.take("lora_embedding_B", Init.normal(1), wide)
                        : additions.take("lora_B.weight", Init.ZEROS, wide),
                scale(layer.name()),
                new Dropout(looksUp ? 0 : dropout), // Of an index there is nothing to drop.
                magnitude);
        if (magnitude.map(Parameter::isNewlyInitialized).orElse(false)) {
            addition.settle();
        }
        return addition;
    }

    private static long[] outputsFirst(AdaptableLayer layer) {
        final long[] shape = layer.weight().shape();
        return layer.kind().outputsLast() ? new long[] {shape[1], shape[0]} : shape;
    }

    /** A number an output: (out), or (1, out, 1, ...) of a convolution. */
    private static long[] perOutput(long... outputsFirst) {
        if (outputsFirst.length == 2) {
            return new long[] {outputsFirst[0]};
        }
        final long[] shape = new long[outputsFirst.length];
        Arrays.fill(shape, 1);
        shape[1] = outputsFirst[0];
        return shape;
    }

    @Override
    public Optional<String> peftType() {
        return Optional.of(LoraFormat.TYPE);
    }

    @Override
    public void write(JsonObject config, Collection<String> adapted, UnaryOperator<String> naming) {
        config.addProperty(LoraFormat.RANK, rank);
        config.addProperty(LoraFormat.ALPHA, alpha);
        config.addProperty(LoraFormat.DROPOUT, dropout);
        config.addProperty(LoraFormat.RANK_STABILISED, rankStabilised);
        config.addProperty(LoraFormat.DORA, dora);
        config.addProperty(LoraFormat.BIASES, LoraFormat.name(biases));
        config.add(LoraFormat.RANKS, numbers(ranks, adapted, naming));
        config.add(LoraFormat.ALPHAS, numbers(alphas, adapted, naming));
        config.addProperty(LoraFormat.INIT, true);
        config.addProperty(AdapterConfig.TRANSPOSED, false);
    }

    /** By patterns as they were said, or layer by layer where the saved layers are called otherwise, which a pattern may not match. */
    private static JsonObject numbers(
            Map<String, ? extends Number> byPattern, Collection<String> adapted, UnaryOperator<String> naming) {
        final JsonObject numbers = new JsonObject();
        if (adapted.stream().allMatch(layer -> naming.apply(layer).equals(layer))) {
            byPattern.forEach(numbers::addProperty);
        } else {
            adapted.forEach(layer -> first(byPattern, layer)
                    .ifPresent(value -> numbers.addProperty(naming.apply(layer).replace(".", "\\."), value)));
        }
        return numbers;
    }

    @Override
    public List<String> warnings(Network network) {
        final List<String> found = new ArrayList<>(PeftMethod.super.warnings(network));
        final Set<String> adapted = network.adaptedLayers();
        checkPatterns("ranks(...)", ranks.keySet(), adapted, found);
        checkPatterns("alphas(...)", alphas.keySet(), adapted, found);
        checkRanks(network, adapted, found);
        return found;
    }

    private static void checkPatterns(
            String setting, Collection<String> patterns, Set<String> adapted, List<String> found) {
        final List<String> unmatched = patterns.stream()
                .filter(pattern -> adapted.stream().noneMatch(layer -> matches(pattern, layer)))
                .toList();
        if (!unmatched.isEmpty()) {
            found.add(setting + ": no adapted layer's name matches " + Listed.few(unmatched) + ". Adapted are "
                    + Listed.few(List.copyOf(adapted)) + ".");
        }
    }

    /** What is adapted with more than its own rank has more numbers to learn than the layer itself. */
    private void checkRanks(Network network, Set<String> adapted, List<String> found) {
        final Map<String, Parameter> weights = new LinkedHashMap<>();
        network.parameters().forEach(parameter -> weights.put(parameter.name(), parameter));
        final List<String> wide = adapted.stream()
                .flatMap(layer ->
                        Optional.ofNullable(weights.get(layer + ".weight"))
                                .flatMap(weight -> tooWide(layer, weight))
                                .stream())
                .toList();
        if (!wide.isEmpty()) {
            found.add("LoRA's rank is above what these layers can have: " + Listed.few(wide)
                    + ". A weight of n x m has at most the rank min(n, m); beyond it LoRA learns more numbers than the"
                    + " layer has, and nothing more. A lower rank, or ranks(...) for these layers, does the same with"
                    + " less.");
        }
    }

    private Optional<String> tooWide(String layer, Parameter weight) {
        final long rows = weight.shape()[0];
        final long most = Math.min(rows, weight.count() / rows);
        return rank(layer) > most
                ? Optional.of(layer + " (rank " + rank(layer) + ", at most " + most + ")")
                : Optional.empty();
    }

    private static <T> Optional<T> first(Map<String, T> byPattern, String layer) {
        return byPattern.entrySet().stream()
                .filter(entry -> matches(entry.getKey(), layer))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    /**
     * {@return whether a pattern of {@link #ranks} or {@link #alphas} matches a layer's dotted name as a whole, or from a dot on}
     *
     * @param pattern a regular expression
     * @param layer its dotted name
     * @throws FinetuneException if the pattern can't be read
     */
    public static boolean matches(String pattern, String layer) {
        Objects.requireNonNull(pattern, "pattern");
        Objects.requireNonNull(layer, "layer");
        return Regex.matches("rank_pattern or alpha_pattern", "(.*\\.)?(" + pattern + ")", layer);
    }

    @Override
    public boolean trains(String parameter, Set<String> adapted) {
        return PeftMethod.super.trains(parameter, adapted) || trainsBias(parameter, adapted);
    }

    private boolean trainsBias(String parameter, Set<String> adapted) {
        return parameter.endsWith(".bias")
                && (biases == Biases.ALL || biases == Biases.LORA_ONLY && adapted.contains(layer(parameter)));
    }

    @Override
    public String savedName(String parameter, Set<String> adapted) {
        return parameter.endsWith(".bias") && adapted.contains(layer(parameter))
                ? layer(parameter) + ".base_layer.bias"
                : parameter;
    }

    private static String layer(String parameter) {
        return parameter.substring(0, parameter.lastIndexOf('.'));
    }

    @Override
    public String toString() {
        return (dora ? "DoRA" : "LoRA") + " of rank " + rank + " on " + targets + ", scale " + alpha + " / "
                + (rankStabilised ? "sqrt(rank)" : "rank") + ", dropout " + dropout
                + (biases == Biases.NONE ? "" : ", biases " + biases.name().toLowerCase(Locale.ROOT))
                + (ranks.isEmpty() ? "" : ", other ranks " + ranks)
                + (alphas.isEmpty() ? "" : ", other alphas " + alphas)
                + also(alsoTrained);
    }

    /** What is trained whole beside the head's last layer. */
    static String also(List<String> alsoTrained) {
        return alsoTrained.isEmpty() ? "" : ", trained whole " + String.join(", ", alsoTrained);
    }
}
