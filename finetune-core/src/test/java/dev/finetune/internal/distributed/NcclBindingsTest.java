package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.Devices;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class NcclBindingsTest {
    private final NcclBindings bindings = new NcclBindings();

    @Test
    void withoutALibraryForGpusTheySayWhatIsMissing() {
        assumeThat(Devices.cudaUsable()).isFalse();
        for (int i = 0; i < 2; i++) {
            assertThat(bindings.whyNot().orElseThrow())
                    .startsWith("NCCL can't be called (")
                    .contains("add org.bytedeco:cuda");
        }
        try (TensorScope scope = TensorScope.open()) {
            assertThat(bindings.takes(List.of(Tensors.of(new float[1], 1)))).isFalse();
        }
    }

    /** A process alone: what can be seen of it on a machine with one GPU. */
    @Test
    void onAGpuAProcessAloneKeepsWhatItHas() {
        assumeThat(Devices.cudaUsable()).isTrue();
        assertThat(bindings.whyNot()).isEmpty();
        assertThat(bindings.version()).matches("2\\.\\d+\\.\\d+");
        assertThat(bindings.gpu()).matches("[0-9a-fA-F]+:[0-9a-fA-F]+:.*");
        for (boolean lost : new boolean[] {false, true}) {
            final Nccl nccl = new NcclStart(bindings, 0, 1, Duration.ofSeconds(60), List::of, () -> {})
                    .connect()
                    .orElseThrow();
            try (TensorScope scope = TensorScope.open()) {
                final long[] numbers = LongStream.range(0, 1000).toArray();
                final Tensor here = Tensors.of(numbers, numbers.length);
                for (ScalarType type :
                        List.of(ScalarType.Float, ScalarType.Double, ScalarType.Long, ScalarType.BFloat16)) {
                    final Tensor there = here.to(Devices.of(DeviceChoice.CUDA), type);
                    final List<Tensor> tensors = List.of(there, there.clone());
                    assertThat(bindings.takes(tensors)).isTrue();
                    nccl.awaitComputed();
                    nccl.sum(tensors);
                    nccl.broadcast(tensors);
                    assertThat(tensors).allMatch(tensor -> tensor.cpu().equal(here.to(type)));
                }
            }
            if (lost) {
                assertThat(nccl.abort()).isTrue();
            }
            nccl.close();
        }
    }
}
