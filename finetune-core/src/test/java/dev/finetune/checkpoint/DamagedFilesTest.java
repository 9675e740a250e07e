package dev.finetune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.Natives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DamagedFilesTest {
    private static final int ROUNDS = 300;

    static {
        Natives.load();
    }

    @TempDir
    private Path temp;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "all-dtypes.safetensors",
                "all-dtypes.pt",
                "all-dtypes-protocol4.pt",
                "all-dtypes-legacy1.pt",
                "all-dtypes-legacy2.pt",
                "views.pt",
                "views-legacy.pt",
                "zip64.pt",
                "training-legacy.pth.tar",
                "unsupported.pt",
                "tiny.onnx"
            })
    void aDamagedFileIsReadOrRefusedAndNothingElse(String name) throws IOException {
        byte[] whole = Files.readAllBytes(Fixtures.path(name));
        Random random = new Random(name.hashCode());
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Path file = Files.write(temp.resolve(name), damaged(whole, random));
            try (Weights weights = Weights.open(file)) {
                readAll(weights);
            } catch (FinetuneException e) {
                assertThat(e).hasMessageContaining(name);
                refused++;
            } catch (Throwable e) {
                throw new AssertionError("round " + round + " of " + name, e);
            }
        }
        assertThat(refused).isGreaterThan(ROUNDS / 4);
    }

    private static void readAll(Weights weights) {
        for (String tensor : weights.names()) {
            try (Tensor read = weights.read(tensor)) {
                read.nbytes();
            } catch (FinetuneException e) {
                // Fine, and the others may be whole.
            }
        }
    }

    private static byte[] damaged(byte[] whole, Random random) {
        byte[] bytes = whole.clone();
        switch (random.nextInt(6)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(100));
            case 2 -> { // a stretch copied elsewhere
                int length = 1 + random.nextInt(Math.min(64, bytes.length / 2));
                System.arraycopy(
                        whole,
                        random.nextInt(bytes.length - length),
                        bytes,
                        random.nextInt(bytes.length - length),
                        length);
            }
            case 3 -> { // a byte left out
                int at = random.nextInt(bytes.length);
                System.arraycopy(whole, at + 1, bytes, at, bytes.length - at - 1);
                bytes = Arrays.copyOf(bytes, bytes.length - 1);
            }
            case 4 -> { // digits, lengths and signs
                for (int i = 0; i < 4; i++) {
                    byte[] likely = {0, -1, 127, -128, '0', '9', '-', '.', '(', '}'};
                    bytes[random.nextInt(bytes.length)] = likely[random.nextInt(likely.length)];
                }
            }
            default -> {
                for (int i = 1 + random.nextInt(8); i > 0; i--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
            }
        }
        return bytes;
    }
}
