package dev.finetune.examples.bench;

import com.google.gson.JsonObject;
import dev.finetune.FineTuner;
import dev.finetune.examples.WrongUsage;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.Precision;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Where and how precisely a step computes, as PyTorch names it. */
final class ComputeOptions {
    @Option(names = "--device", description = "auto, cpu or cuda.")
    private String device = "cpu";

    @Option(
            names = "--dtype",
            description =
                    "float32, bfloat16 or float16, which the peers don't know; auto is bfloat16 where that is fast.")
    private String dtype = "float32";

    @Option(names = "--cuda-graphs", arity = "1", description = "Whether passes are recorded on a GPU, and replayed.")
    private boolean cudaGraphs = true;

    FineTuner applied(FineTuner tuner) {
        return tuner.device(named(DeviceChoice.class, "--device", device))
                .precision(named(Precision.class, "--dtype", dtype))
                .execution(e -> e.cudaGraphs(cudaGraphs));
    }

    void describe(JsonObject json) {
        json.addProperty("device", device);
        json.addProperty("dtype", dtype);
        json.addProperty("cuda_graphs", cudaGraphs);
    }

    private static <E extends Enum<E>> E named(Class<E> type, String option, String name) {
        final List<String> names = Stream.of(type.getEnumConstants())
                .map(each -> each.name().toLowerCase(Locale.ROOT))
                .toList();
        if (!names.contains(name)) {
            throw new WrongUsage(option + " " + name + ": there are " + names + ".");
        }
        return Enum.valueOf(type, name.toUpperCase(Locale.ROOT));
    }
}
