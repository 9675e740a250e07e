package dev.finetune.train;

import dev.finetune.metrics.Totals;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What the processes that train together have to agree upon, so that all take the same steps. One that trains alone agrees with
 * itself.
 */
final class Agreement {
    /** With nobody else. */
    static final Agreement ALONE = new Agreement(null);

    /** Before what is said, so that it isn't taken for nothing. */
    private static final String SAID = "!";

    private final @Nullable ProcessGroup group;

    private Agreement(@Nullable ProcessGroup group) {
        this.group = group;
    }

    static Agreement of(ProcessGroup group) {
        return group.size() == 1 ? ALONE : new Agreement(group);
    }

    boolean isAlone() {
        return group == null;
    }

    /** Whether this process is the one that writes, and decides where only one can. */
    boolean isLead() {
        return group == null || group.rank() == 0;
    }

    /** Which of the processes this one is. */
    int rank() {
        return group == null ? 0 : group.rank();
    }

    int size() {
        return group == null ? 1 : group.size();
    }

    /** The seed of what is to be random in each process by itself, such as dropout. */
    long seed(long common) {
        return group == null ? common : group.seed(common);
    }

    /** What all processes say, in the order of their ranks. */
    List<byte[]> gather(byte[] own) {
        return group == null ? List.of(own) : group.gather(own);
    }

    /** The numbers that each process says, as many as any other's. */
    List<double[]> numbers(double... own) {
        if (group == null) {
            return List.of(own);
        }
        final ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * own.length);
        bytes.asDoubleBuffer().put(own);
        final List<double[]> all = new ArrayList<>();
        for (byte[] each : group.gather(bytes.array())) {
            final double[] numbers = new double[own.length];
            ByteBuffer.wrap(each).asDoubleBuffer().get(numbers);
            all.add(numbers);
        }
        return all;
    }

    /** What each process says. */
    List<Long> each(long own) {
        return gather(ByteBuffer.allocate(Long.BYTES).putLong(own).array()).stream()
                .map(said -> ByteBuffer.wrap(said).getLong())
                .toList();
    }

    double sum(double own) {
        return numbers(own).stream().mapToDouble(each -> each[0]).sum();
    }

    double most(double own) {
        return numbers(own).stream().mapToDouble(each -> each[0]).max().orElse(own);
    }

    boolean any(boolean own) {
        return most(own ? 1 : 0) > 0;
    }

    /** What the lead says, if anything. */
    Optional<String> ofLead(Optional<String> own) {
        final byte[] said = gather(own.map(text -> (SAID + text).getBytes(StandardCharsets.UTF_8))
                        .orElseGet(() -> new byte[0]))
                .get(0);
        return said.length == 0
                ? Optional.empty()
                : Optional.of(new String(said, StandardCharsets.UTF_8).substring(SAID.length()));
    }

    /** Adds up counts. */
    Totals totals() {
        return new Totals(this::gather);
    }

    /**
     * Adds up the gradients of all processes.
     *
     * @param network whose (borrowed)
     * @param trained what of it gets gradients, sooner or later
     * @param onCpu whether it is there; sums are begun early where it is for all
     */
    GradientSums gradientSums(Network network, List<Parameter> trained, boolean onCpu) {
        return new GradientSums(group, network, trained, !any(!onCpu));
    }

    /** Puts in place of each tensor the lead's. */
    void broadcast(Collection<Tensor> tensors) {
        if (group != null && !tensors.isEmpty()) {
            group.broadcast(List.copyOf(tensors));
        }
    }
}
