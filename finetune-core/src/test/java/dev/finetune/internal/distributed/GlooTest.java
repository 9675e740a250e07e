package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.Natives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GlooTest {
    private static Set<Path> folders() throws IOException {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.filter(each -> String.valueOf(each.getFileName()).startsWith("finetune-gloo"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static boolean isConnecting() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("finetune-gloo"));
    }

    @Test
    void aConnectionThatFailsLeavesNeitherThreadNorFile() throws Exception {
        Natives.load();
        final Set<Path> before = folders();
        final int[] rounds = {0};
        assertThatThrownBy(() -> Gloo.connect(0, 2, "127.0.0.1", Duration.ofSeconds(2), own -> {
                    if (++rounds[0] > 20) {
                        throw new FinetuneException("Process 1 was lost");
                    }
                    return List.of(own, new byte[] {0});
                }))
                .isInstanceOf(FinetuneException.class)
                .hasMessage("Process 1 was lost");
        final Set<Path> made = folders();
        made.removeAll(before);
        final long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        // Other processes connect in such folders, too, and clear them away.
        while ((isConnecting() || made.stream().anyMatch(Files::exists)) && System.nanoTime() < end) {
            Thread.sleep(50);
        }
        assertThat(isConnecting()).isFalse();
        assertThat(made).noneMatch(Files::exists);
    }
}
