package dev.finetune.train;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Adds up the gradients of all processes ({@link SharedGradients}). Where sums go on while this process computes, those of the head and of
 * the last stages are begun while the backward pass is still at the stages before, as torch's DistributedDataParallel does (Li et al.,
 * "PyTorch Distributed: Experiences on Accelerating Data Parallel Training", VLDB 2020).
 *
 * <p>Parameters are put together in the same portions, whether or not their sums can be begun early, so that a training that goes on
 * from a checkpoint comes to the same bits. Gradients that are kept by rows come last, by themselves.
 */
final class GradientSums implements AutoCloseable {
    private final @Nullable ProcessGroup group;
    private final List<Parameter> trained;
    private final boolean onCpu;
    private final int stages;
    private final Map<Parameter, Integer> lowest = new HashMap<>();
    private final List<Running> running = new ArrayList<>();
    private final Set<Parameter> zeros = new HashSet<>();

    /** What was trained when the portions were made. */
    private List<Parameter> planned = List.of();

    private List<Portion> portions = List.of();
    private boolean lastPass;
    private int computedAnew;

    /** Parameters whose gradients are complete when the backward pass has come past a stage, which none of them is below. */
    private record Portion(List<Parameter> parameters, int stage) {}

    /** A sum under way, and the gradients that it changes, owned, with how often each had been written to. */
    private record Running(Portion portion, List<Tensor> gradients, List<Long> versions, ProcessGroup.Sum sum) {}

    GradientSums(@Nullable ProcessGroup group, Network network, List<Parameter> trained, boolean onCpu) {
        this.group = group;
        this.trained = trained;
        this.onCpu = onCpu;
        this.stages = network.stages().size();
        network.head().parameters().forEach(parameter -> lowest.put(parameter, stages));
        for (int i = stages - 1; i >= 0; i--) {
            for (Parameter parameter : network.stages().get(i).parameters()) {
                lowest.put(parameter, i);
            }
        }
    }

    /** Says whether the backward pass that comes is the last one of its step. */
    void lastPass(boolean last) {
        lastPass = last && !portions.isEmpty() && planned.equals(whole());
    }

    /** Whether it is to be told when the backward pass has come past a stage. */
    boolean listensTo(int stage) {
        return lastPass && portions.stream().anyMatch(portion -> portion.stage == stage + 1);
    }

    /**
     * Begins the sums of what is complete.
     *
     * @param stage whose output has its gradient: all that was computed from it, and from what came after it, has its gradients, too
     */
    void passed(int stage) {
        if (!lastPass) {
            return;
        }
        try {
            while (running.size() < portions.size() && portions.get(running.size()).stage > stage) {
                begin(portions.get(running.size()));
            }
        } catch (RuntimeException | Error e) {
            lastPass = false; // It is tried again where no native code is between, and more memory is free.
        }
    }

    /**
     * Says that all gradients are computed anew, in parts; what has begun goes on with the ones before: of the same rows, and of another
     * draw of dropout.
     */
    void computesAnew() {
        computedAnew = running.size();
    }

    /** Puts in place of each gradient the sum of all processes'. */
    void finish() {
        if (group == null) {
            return;
        }
        final long least = onCpu ? group.earlySum() : 0;
        if (least > 0) {
            finishPortions(group, least);
        } else {
            final SharedGradients shared = SharedGradients.ask(group, trained, Set.of());
            sum(group, shared, trained);
        }
    }

    private void finishPortions(ProcessGroup others, long least) {
        final boolean known = planned.equals(whole());
        if (known) {
            beginAll();
        }
        running.subList(computedAnew, running.size()).forEach(GradientSums::areComplete);
        final SharedGradients shared = SharedGradients.ask(others, trained, zeros);
        if (!known) {
            trained.forEach(shared::bringTogether);
            planned = whole();
            portions = portions(planned, least);
            beginAll();
        }
        final Set<Parameter> summed = new HashSet<>();
        for (Running each : running) {
            each.sum.await();
            put(each, shared);
            summed.addAll(each.portion.parameters);
        }
        close();
        sum(
                others,
                shared,
                trained.stream()
                        .filter(parameter -> !summed.contains(parameter))
                        .toList());
    }

    private static void sum(ProcessGroup others, SharedGradients shared, List<Parameter> parameters) {
        parameters.forEach(shared::bringTogether);
        try (TensorScope scope = TensorScope.open()) {
            others.sum(Gradients.of(parameters));
        }
    }

    /** What is trained now, and has gradients of all its numbers. */
    private List<Parameter> whole() {
        return trained.stream()
                .filter(parameter -> parameter.isTrained() && parameter.rowGradient() == null)
                .toList();
    }

    /** From the head down, each of so many numbers at least, but for the last. */
    private List<Portion> portions(List<Parameter> parameters, long least) {
        final List<Portion> made = new ArrayList<>();
        final List<Parameter> together = new ArrayList<>();
        long count = 0;
        for (int stage = stages; stage >= 0; stage--) {
            for (Parameter parameter : parameters) {
                if (lowest.getOrDefault(parameter, 0) == stage) {
                    together.add(parameter);
                    count += parameter.count();
                }
            }
            if (count >= least || stage == 0 && !together.isEmpty()) {
                made.add(new Portion(List.copyOf(together), stage));
                together.clear();
                count = 0;
            }
        }
        return List.copyOf(made);
    }

    private void beginAll() {
        while (running.size() < portions.size()) {
            begin(portions.get(running.size()));
        }
    }

    private void begin(Portion portion) {
        final List<Tensor> gradients = new ArrayList<>();
        final List<Long> versions = new ArrayList<>();
        boolean begun = false;
        try (TensorScope scope = TensorScope.open()) {
            for (Parameter parameter : portion.parameters) {
                if (SharedGradients.zerosIfNone(parameter)) {
                    zeros.add(parameter);
                }
                final Tensor gradient = Tensors.own(Tensors.gradient(parameter.value()));
                gradients.add(gradient);
                versions.add(gradient.__dispatch__version());
            }
            running.add(new Running(portion, gradients, versions, group().begin(gradients)));
            begun = true;
        } finally {
            if (!begun) {
                gradients.forEach(Tensor::close);
            }
        }
    }

    private ProcessGroup group() {
        return Objects.requireNonNull(group);
    }

    /** Nothing was added to them after they had begun to be summed. */
    private static void areComplete(Running sum) {
        for (int i = 0; i < sum.gradients.size(); i++) {
            final Parameter parameter = sum.portion.parameters.get(i);
            final Tensor begun = sum.gradients.get(i);
            try (TensorScope scope = TensorScope.open()) {
                final Tensor now = Tensors.gradient(parameter.value());
                if (!now.defined()
                        || now.data_ptr().address() != begun.data_ptr().address()
                        || now.__dispatch__version() != sum.versions.get(i)) {
                    throw new IllegalStateException("The gradient of " + parameter.name()
                            + " went on changing after the backward pass had come past stage " + sum.portion.stage
                            + ": a stage before that one uses it, and doesn't list it among its parameters.");
                }
            }
        }
    }

    /** Also where the pass was repeated after its sums had begun. One that nobody has is forgotten again. */
    private static void put(Running sum, SharedGradients shared) {
        for (int i = 0; i < sum.gradients.size(); i++) {
            final Parameter parameter = sum.portion.parameters.get(i);
            if (shared.isAnywhere(parameter)) {
                parameter.value().mutable_grad().put(sum.gradients.get(i));
            } else {
                parameter.forgetGradient();
            }
        }
    }

    /** Forgets what is under way. */
    @Override
    public void close() {
        lastPass = false;
        computedAnew = 0;
        zeros.clear();
        running.forEach(each -> {
            each.sum.close();
            each.gradients.forEach(Tensor::close);
        });
        running.clear();
    }
}
