package dev.finetune.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NoHomeTest {
    @Test
    void aUserWithoutAHomeIsToldAndNoDirectoryOfThatNameIsMade() {
        final HubSettings settings = HubSettings.fromEnvironment(Map.of(), Path.of("?"));
        assertThatThrownBy(() -> new Hub(settings).resolve("some/model"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("no home directory", "HF_HOME");
        assertThat(Path.of("?")).doesNotExist();
    }
}
