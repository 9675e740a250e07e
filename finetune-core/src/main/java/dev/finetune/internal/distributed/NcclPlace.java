package dev.finetune.internal.distributed;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import java.util.Optional;

/**
 * What a process has to take part in NCCL, as it tells the others.
 *
 * @param whyNot why it can't, if so; the rest is empty then
 * @param version of NCCL
 * @param machine where it runs; empty where that can't be known
 * @param gpu which of the machine's GPUs it takes
 */
record NcclPlace(Optional<String> whyNot, String version, String machine, String gpu) {
    static NcclPlace own(NcclLibrary library) {
        try {
            final Optional<String> whyNot = library.whyNot();
            return whyNot.isPresent()
                    ? not(whyNot.get())
                    : new NcclPlace(
                            Optional.empty(),
                            library.version(),
                            Whereabouts.own().boot(),
                            library.gpu());
        } catch (RuntimeException | LinkageError e) {
            return not(String.valueOf(e.getMessage()));
        }
    }

    private static NcclPlace not(String why) {
        return new NcclPlace(Optional.of(why), "", "", "");
    }

    /** What {@link #toString} has written. */
    static NcclPlace of(String told) {
        final JsonObject json = JsonParser.parseString(told).getAsJsonObject();
        return new NcclPlace(
                Optional.ofNullable(json.get("whyNot")).map(why -> why.getAsString()),
                json.get("version").getAsString(),
                json.get("machine").getAsString(),
                json.get("gpu").getAsString());
    }

    @Override
    public String toString() {
        final JsonObject json = new JsonObject();
        whyNot.ifPresent(why -> json.addProperty("whyNot", why));
        json.addProperty("version", version);
        json.addProperty("machine", machine);
        json.addProperty("gpu", gpu);
        return json.toString();
    }

    private boolean isSameGpu(NcclPlace other) {
        return !machine.isEmpty() && machine.equals(other.machine) && gpu.equals(other.gpu);
    }

    /** Why not all of these processes, in the order of their ranks, can exchange tensors by NCCL, if so. */
    static Optional<String> whyNot(List<NcclPlace> all) {
        for (int rank = 0; rank < all.size(); rank++) {
            final NcclPlace each = all.get(rank);
            if (each.whyNot.isPresent()) {
                return Optional.of("process " + rank + " can't: " + each.whyNot.get());
            }
        }
        for (int rank = 1; rank < all.size(); rank++) {
            final NcclPlace each = all.get(rank);
            if (!each.version.equals(all.get(0).version)) {
                return Optional.of("process 0 has version " + all.get(0).version + " of it, and process " + rank
                        + " version " + each.version + ": give all the same");
            }
            for (int before = 0; before < rank; before++) {
                if (each.isSameGpu(all.get(before))) {
                    return Optional.of("processes " + before + " and " + rank + " take the same GPU, " + each.gpu
                            + ": show each its own with CUDA_VISIBLE_DEVICES");
                }
            }
        }
        return Optional.empty();
    }
}
