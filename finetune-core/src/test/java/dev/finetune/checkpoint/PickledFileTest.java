package dev.finetune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PickledFileTest {
    @ParameterizedTest
    @CsvSource({
        "evil.pt, posix.system",
        "evil-protocol4.pt, posix.system",
        "evil-legacy.pt, __builtin__.eval",
        "whole-module.pt, torch.nn.modules.linear.Linear"
    })
    void aPickleThatWouldRunCodeIsRefusedByName(String file, String global) {
        assertThatThrownBy(() -> Weights.open(Fixtures.path(file)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(file)
                .hasMessageContaining(global)
                .hasMessageContaining("would run code");
        assertThat(Files.exists(Path.of("/tmp/finetune-was-here"))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "big-endian.pt, big-endian",
        "big-endian-legacy.pt, big-endian",
        "compressed.pt, compressed",
        "record-missing.pt, data/0",
        "record-short.pt, should have 24 bytes and has 23",
        "torchscript.pt, TorchScript",
        "old.tar.pt, tar archive",
        "plain.pkl, not one that torch.save wrote",
        "list.pt, should hold a dict of tensors",
        "no-tensors.pt, it holds epoch"
    })
    void whatCannotBeReadIsRefusedInWords(String file, String words) {
        assertThatThrownBy(() -> Weights.open(Fixtures.path(file)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(file)
                .hasMessageContaining(words);
    }

    @ParameterizedTest
    @ValueSource(strings = {"unsupported.pt", "unsupported.safetensors"})
    void aTypeThatIsNotSupportedIsRefusedOnlyWhenAskedFor(String file) {
        try (Weights weights = Weights.open(Fixtures.path(file))) {
            assertThat(weights.names()).contains("plain", "f8", "u16", "complex");
            try (Tensor plain = weights.read("plain")) {
                assertThat(Fixtures.text(plain))
                        .isEqualTo(Fixtures.expected("unsupported").get("plain"));
            }
            for (String name : weights.names()) {
                if (!name.equals("plain")) {
                    assertThatThrownBy(() -> weights.read(name))
                            .isInstanceOf(FinetuneException.class)
                            .hasMessageContaining("'" + name + "'")
                            .hasMessageContaining("supported");
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"training.pth.tar", "training-legacy.pth.tar"})
    void aTrainingCheckpointsWeightsAreFoundAndTheRestIsNoted(String file) {
        try (Weights weights = Weights.open(Fixtures.path(file))) {
            assertThat(weights.names()).startsWith("0.weight", "0.bias", "1.weight");
            assertThat(weights.notes()).hasSize(2);
            assertThat(weights.notes().get(0)).contains("'state_dict'").contains("epoch, arch, best_acc1");
            assertThat(weights.notes().get(1)).contains("'module.'");
        }
    }

    @Test
    void plainWeightsNeedNoNotes() {
        try (Weights weights = Weights.open(Fixtures.path("views.pt"))) {
            assertThat(weights.notes()).isEmpty();
        }
    }
}
