package dev.finetune.report;

import dev.finetune.hub.HubSettings;
import dev.finetune.internal.natives.Jna;
import dev.finetune.internal.natives.NativeCache;
import dev.finetune.internal.torch.CudaGraphs;
import dev.finetune.internal.torch.Natives;
import dev.finetune.train.Devices;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Tells what was found of natives, versions, threads, GPU and caches. */
public final class Doctor {
    private Doctor() {}

    /**
     * {@return the findings, one a line}
     *
     * @param families what models the class path can build
     */
    public static String examine(List<String> families) {
        Natives.load();
        final Map<String, Object> found = new LinkedHashMap<>();
        found.put("Java", System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")");
        found.put("platform", Natives.platform());
        found.put("heap", Runtime.getRuntime().maxMemory() / (1 << 20) + " MB at most (tensors live outside it)");
        found.put("LibTorch", Natives.version());
        found.put("processor features", Natives.processorFeatures());
        found.put(
                "matrix products",
                Natives.matrixProducts()
                        + (Natives.mklWouldBeFaster() ? " (MKL is faster: add its jars to the class path)" : ""));
        found.put("threads", Natives.threads() + " of " + Runtime.getRuntime().availableProcessors() + " processors");
        found.put("GPU", gpu());
        found.put(
                "model families",
                families.isEmpty() ? "none: add finetune-bert or another" : String.join(", ", families));
        found.put("natives' cache", NativeCache.get().describe());
        found.put("unpacked to", Natives.unpackedTo());
        found.put(
                "JNA",
                Jna.whyNot().map(why -> "not loaded, tuning left out: " + why).orElse("loaded"));
        final HubSettings hub = HubSettings.fromEnvironment();
        found.put(
                "model cache",
                hub.whyNoCache()
                                .map(why -> "none: " + why)
                                .orElse(hub.cacheDirectory().toString())
                        + " (hub " + hub.endpoint() + ", "
                        + (hub.token().isPresent() ? "with a token" : "no token")
                        + (hub.offline() ? ", offline" : "") + ")");
        return found.entrySet().stream()
                .map(line -> line.getKey() + ": " + line.getValue())
                .collect(Collectors.joining("\n"));
    }

    private static String gpu() {
        if (!Devices.cudaUsable()) {
            return "none: " + Devices.whyNoCuda();
        }
        return Natives.gpus() + " found; "
                + CudaGraphs.whyNot().map(why -> "no CUDA graphs: " + why).orElse("CUDA graphs can be recorded");
    }
}
