package dev.finetune.nn;

import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Finds where numbers first stop being finite, by computing a batch once more, stage by stage, without gradients. Only asked
 * when something has gone wrong, so that it costs nothing else.
 */
public final class NonFinite {
    private NonFinite() {}

    /**
     * Where it begins.
     *
     * @param place a sentence: the layer, and what is wrong with its weights or inputs
     * @param rows of the batch, from 0, that it begins with; empty where all are, or where it isn't known
     */
    public record Found(String place, List<Integer> rows) {}

    /**
     * {@return the first stage, or the head, whose output isn't finite; empty where all are, or where that can't be found out}
     *
     * @param network computed without gradients (borrowed)
     * @param batch computed once more (borrowed)
     * @param contextOf the context of each stage, the head being the one after the last; running statistics stay as they are
     */
    public static Optional<Found> find(Network network, Batch batch, IntFunction<ForwardContext> contextOf) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            return walk(network, batch, contextOf);
        } catch (RuntimeException e) {
            return Optional.empty(); // What went wrong is told without it.
        }
    }

    private static Optional<Found> walk(Network network, Batch batch, IntFunction<ForwardContext> contextOf) {
        Hidden given = Hidden.NONE;
        for (int i = 0; i < network.stages().size(); i++) {
            given = network.trunk(i, i + 1, given, batch, contextOf.apply(i).recomputing(), each -> {});
            final Tensor hidden = given.get(i);
            if (!isFinite(hidden)) {
                final String name = network.stages().get(i).name();
                return Optional.of(found(name, network.stages().get(i), hidden, batch));
            }
        }
        final ForwardContext last = contextOf.apply(network.stages().size()).recomputing();
        final Map<String, Tensor> outputs = new TreeMap<>(network.head(given, batch, last));
        return outputs.values().stream()
                .filter(output -> !isFinite(output))
                .findFirst()
                .map(output -> found("the head", network.head(), output, batch));
    }

    private static Found found(String name, Module layer, Tensor output, Batch batch) {
        final List<Integer> rows = rows(output, batch.size());
        final String begins = "The first layer whose output isn't finite is " + name;
        return new Found(
                begins + ": "
                        + spoiled(layer.parameters())
                                .or(() -> input(batch))
                                .orElse(
                                        "its weights, and what it reads, are finite, but too large for what it computes"),
                rows.size() == batch.size() ? List.of() : rows);
    }

    /**
     * {@return the first parameter that isn't finite: its name, how many of its numbers aren't, and where the first of them
     * stands}
     *
     * @param parameters to look through, in order
     */
    public static Optional<String> spoiled(List<Parameter> parameters) {
        for (Parameter parameter : parameters) {
            final Optional<String> spoiled = spoiled(parameter.name(), parameter.value());
            if (spoiled.isPresent()) {
                return spoiled;
            }
        }
        return Optional.empty();
    }

    /**
     * {@return the same of all that a network holds, buffers too}
     *
     * @param network to look through
     */
    public static Optional<String> spoiled(Network network) {
        return spoiled(network.parameters())
                .or(() -> network.buffers().stream()
                        .flatMap(buffer -> spoiled(buffer.name(), buffer.value()).stream())
                        .findFirst());
    }

    /**
     * {@return the same of one tensor}
     *
     * @param name what it is called
     * @param tensor of any shape (borrowed)
     */
    public static Optional<String> spoiled(String name, Tensor tensor) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            if (isFinite(tensor)) {
                return Optional.empty();
            }
            final long[] at = Tensors.longs(tensor.isfinite().logical_not().nonzero());
            final int dimensions = (int) tensor.dim();
            final long count = dimensions == 0 ? 1 : at.length / dimensions;
            return Optional.of(String.format(
                    Locale.ROOT,
                    "%d of the %d numbers of %s %s NaN or infinite, the first at %s",
                    count,
                    tensor.numel(),
                    name,
                    count == 1 ? "is" : "are",
                    Arrays.toString(Arrays.copyOf(at, dimensions))));
        }
    }

    /** What of a batch's own numbers isn't finite. */
    private static Optional<String> input(Batch batch) {
        for (Map.Entry<String, HostTensor> column : new TreeMap<>(batch.host().columns()).entrySet()) {
            if (column.getValue() instanceof HostTensor.Floats floats) {
                for (int i = 0; i < floats.data().length; i++) {
                    if (!Float.isFinite(floats.data()[i])) {
                        return Optional.of("its input \"" + column.getKey() + "\" holds " + floats.data()[i]
                                + " in row " + i / (floats.data().length / batch.size()) + " of the batch");
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** A sum costs a tenth of looking at each number, and is NaN or infinite wherever one is; and seldom where none is. */
    private static boolean isFinite(Tensor tensor) {
        try (TensorScope scope = TensorScope.open()) {
            return !tensor.is_floating_point()
                    || Double.isFinite(Tensors.scalar(tensor.sum()))
                    || tensor.isfinite().all().item_bool();
        }
    }

    private static List<Integer> rows(Tensor output, int count) {
        try (TensorScope scope = TensorScope.open()) {
            if (output.dim() == 0 || output.size(0) != count) {
                return List.of();
            }
            final Tensor sums =
                    output.isfinite().logical_not().reshape(count, -1).any(1);
            return LongStream.of(Tensors.longs(sums.nonzero()))
                    .mapToObj(row -> (int) row)
                    .toList();
        }
    }
}
