package dev.finetune.nn;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.Recorder;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/** A batch's tensors on the device that computes, made when first asked for. Owns them until it is closed. */
public final class Batch implements AutoCloseable {
    private HostBatch host;
    private final Device device;
    /** In the order in which they were made: what one is made from comes before it. */
    private final Map<String, Made> known = new LinkedHashMap<>();

    private final Map<String, Optional<TokenGroups>> tokenGroups = new HashMap<>();

    /** What there is by a name, and how it is made. */
    private record Made(Optional<Tensor> tensor, Supplier<Optional<Tensor>> maker) {}

    /**
     * Wraps a host batch for a device (borrowed).
     *
     * @param host on the Java side
     * @param device where the columns go
     */
    public Batch(HostBatch host, Device device) {
        this.host = host;
        this.device = device;
    }

    /** {@return how many rows it holds} */
    public int size() {
        return host.size();
    }

    /** {@return what it was made from} */
    public HostBatch host() {
        Recorder.refuse("reading a batch in Java");
        return host;
    }

    /**
     * {@return whether there is a column of that name}
     *
     * @param column such as "attention_mask"
     */
    public boolean has(String column) {
        return host.columns().containsKey(column);
    }

    /**
     * {@return a column on the Java side}
     *
     * @param column such as "labels"
     */
    public HostTensor hostColumn(String column) {
        Recorder.refuse("reading a column in Java");
        final HostTensor found = host.columns().get(column);
        if (found == null) {
            throw new FinetuneException("The batch has no column \"" + column + "\"; it has "
                    + host.columns().keySet() + ".");
        }
        return found;
    }

    /**
     * {@return a column on the device; borrowed}
     *
     * @param column such as "input_ids"
     */
    public Tensor get(String column) {
        return derived(column, () -> Optional.of(Tensors.of(hostColumn(column), device)))
                .orElseThrow();
    }

    /**
     * {@return something computed from columns once and shared by layers, such as a mask; borrowed} Empty where not
     * needed.
     *
     * @param name what it is kept under
     * @param compute called for the first that asks
     */
    public Optional<Tensor> derived(String name, Supplier<Optional<Tensor>> compute) {
        final Made made = known.get(name);
        if (made != null) {
            return made.tensor;
        }
        final Optional<Tensor> tensor = compute.get().map(Tensors::own);
        known.put(name, new Made(tensor, compute));
        return tensor;
    }

    /** The groups of its tokens, by their mask, made for the first that asks. */
    Optional<TokenGroups> tokenGroups(String mask, Supplier<Optional<TokenGroups>> make) {
        return tokenGroups.computeIfAbsent(mask, name -> make.get());
    }

    /** {@return the device (borrowed)} */
    public Device device() {
        return device;
    }

    /**
     * Takes another batch's numbers into the tensors that there are.
     *
     * @param other of the same columns and shapes
     * @return whether it needs the same tensors, in the same shapes; if not, they are of no use until it is called again
     */
    public boolean refill(HostBatch other) {
        host = other;
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            for (Made made : List.copyOf(known.values())) {
                final Optional<Tensor> anew = made.maker.get();
                if (anew.isPresent() != made.tensor.isPresent()) {
                    return false;
                }
                if (anew.isPresent()) {
                    final Tensor there = made.tensor.orElseThrow();
                    if (!Arrays.equals(Tensors.shape(anew.get()), Tensors.shape(there))) {
                        return false;
                    }
                    there.copy_(anew.get());
                }
            }
            return true;
        }
    }

    @Override
    public void close() {
        known.values().forEach(made -> made.tensor.ifPresent(Tensor::close));
        known.clear();
        tokenGroups.clear();
    }
}
