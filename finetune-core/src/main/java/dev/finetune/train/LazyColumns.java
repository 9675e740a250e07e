package dev.finetune.train;

import dev.finetune.batch.HostTensor;
import java.util.AbstractMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A batch's columns, some of which are only made if they are asked for. Not thread-safe. */
final class LazyColumns extends AbstractMap<String, HostTensor> {
    private final Map<String, HostTensor> known;
    private final Supplier<Map<String, HostTensor>> make;
    private @Nullable Map<String, HostTensor> all;

    /**
     * Columns of which some are known.
     *
     * @param make makes all of them
     */
    LazyColumns(Map<String, HostTensor> known, Supplier<Map<String, HostTensor>> make) {
        this.known = known;
        this.make = make;
    }

    private Map<String, HostTensor> all() {
        if (all == null) {
            all = make.get();
        }
        return all;
    }

    @Override
    public @Nullable HostTensor get(Object column) {
        final HostTensor found = known.get(column);
        return found == null ? all().get(column) : found;
    }

    @Override
    public boolean containsKey(Object column) {
        return known.containsKey(column) || all().containsKey(column);
    }

    @Override
    public Set<Entry<String, HostTensor>> entrySet() {
        return all().entrySet();
    }
}
