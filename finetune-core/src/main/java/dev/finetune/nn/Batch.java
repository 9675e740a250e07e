package dev.finetune.nn;

import dev.finetune.FinetuneException;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.spi.HostBatch;
import dev.finetune.spi.HostTensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/** A batch's tensors on the device that computes, made when first asked for. Owns them until it is closed. */
public final class Batch implements AutoCloseable {
    private final HostBatch host;
    private final Device device;
    private final Map<String, Tensor> tensors = new HashMap<>();

    /** Wraps a host batch for a device (borrowed). */
    public Batch(HostBatch host, Device device) {
        this.host = host;
        this.device = device;
    }

    /** How many rows it holds. */
    public int size() {
        return host.size();
    }

    /** What it was made from. */
    public HostBatch host() {
        return host;
    }

    /** Whether there is a column of that name. */
    public boolean has(String column) {
        return host.columns().containsKey(column);
    }

    /** A column on the Java side. */
    public HostTensor hostColumn(String column) {
        final HostTensor found = host.columns().get(column);
        if (found == null) {
            throw new FinetuneException("The batch has no column \"" + column + "\"; it has "
                    + host.columns().keySet() + ".");
        }
        return found;
    }

    /** A column on the device; borrowed. */
    public Tensor get(String column) {
        final Tensor known = tensors.get(column);
        if (known != null) {
            return known;
        }
        return remember(column, Tensors.of(hostColumn(column), device));
    }

    /** Something computed from columns once and shared by layers, such as a mask; borrowed. Empty where not needed. */
    public Optional<Tensor> derived(String name, Supplier<Optional<Tensor>> compute) {
        final Tensor known = tensors.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        return compute.get().map(tensor -> remember(name, tensor));
    }

    /** The device (borrowed). */
    public Device device() {
        return device;
    }

    private Tensor remember(String name, Tensor tensor) {
        tensors.put(name, Tensors.own(tensor));
        return tensor;
    }

    @Override
    public void close() {
        tensors.values().forEach(Tensor::close);
        tensors.clear();
    }
}
