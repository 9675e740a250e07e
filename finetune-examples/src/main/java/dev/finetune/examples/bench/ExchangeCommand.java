package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.distributed.Processes;
import dev.finetune.internal.distributed.Companions;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.Devices;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How long processes take to sum gradients of several sizes, without a step around it. */
@Command(
        name = "exchange",
        description =
                "Time the sum of gradients among the processes that RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT name.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class ExchangeCommand implements Callable<Integer> {
    private static final int FLOATS_OF_A_TENSOR = 600_000;

    @Option(names = "--megabytes", split = ",", description = "Of gradients; a tensor has 2.4 MB.")
    private List<Double> megabytes = List.of(0.001, 10.0, 100.0, 438.0);

    @Option(names = "--rounds", description = "Sums of each size, of which the median counts.")
    private int rounds = 25;

    @Option(
            names = "--nccl",
            description =
                    "Of gradients on a GPU, through NCCL, or what is taken where NCCL can't be, which the log says.")
    private boolean nccl;

    @Override
    public Integer call() {
        final JsonObject json = new JsonObject();
        json.addProperty("what", "exchange");
        final Processes self = Processes.fromEnvironment();
        final Device device = device(self);
        try (Companions group = Companions.join(nccl ? self.nccl() : self)) {
            for (double size : megabytes) {
                json.addProperty(Double.toString(size), seconds(group, device, (long) (size * 1e6 / Float.BYTES)));
            }
        }
        System.out.println(new Gson().toJson(json));
        return 0;
    }

    /** Found before the others are met, who are told if it isn't there. */
    private Device device(Processes self) {
        try {
            return Devices.of(nccl ? DeviceChoice.CUDA : DeviceChoice.CPU);
        } catch (RuntimeException e) {
            Companions.decline(self, e);
            throw e;
        }
    }

    private double seconds(Companions group, Device device, long floats) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor tensor = Tensors.of(
                    new float[(int) Math.min(floats, FLOATS_OF_A_TENSOR)], Math.min(floats, FLOATS_OF_A_TENSOR));
            final int count = (int) Math.max(1, floats / FLOATS_OF_A_TENSOR);
            final List<Tensor> tensors = Collections.nCopies(count, tensor).stream()
                    .map(each -> each.clone().to(device, ScalarType.Float))
                    .toList();
            final double[] seconds = new double[rounds];
            group.sum(tensors);
            for (int i = 0; i < rounds; i++) {
                group.gather(new byte[0]);
                final long start = System.nanoTime();
                group.sum(tensors);
                seconds[i] = (System.nanoTime() - start) / 1e9;
            }
            Arrays.sort(seconds);
            return seconds[rounds / 2];
        }
    }
}
