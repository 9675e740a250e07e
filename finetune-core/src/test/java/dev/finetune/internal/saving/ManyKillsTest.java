package dev.finetune.internal.saving;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two processes killed, or as many as {@code -Dfinetune.kills=125} says, each while it saves eight models, in {@code
 * -Dfinetune.kills.folder=/dev/shm}, with {@code -Dfinetune.kills.readers=2}.
 */
class ManyKillsTest {
    private static final String SETTING = "finetune.kills";

    @Test
    void afterEveryKillTheOldModelOrTheNewOneIsReadWhole(@TempDir Path temporary) throws Exception {
        final Path place = Path.of(System.getProperty(SETTING + ".folder", temporary.toString()));
        final Path folder = Files.createTempDirectory(place, "kills");
        final Map<String, Integer> counts = ManyKills.run(
                folder, Integer.getInteger(SETTING, 2), Integer.getInteger(SETTING + ".readers", 1), 10_000);
        DirectorySave.removeFolder(folder, new Disk());
        if (System.getProperty(SETTING) != null) {
            counts.forEach((what, count) -> System.out.println(count + "\t" + what));
        }
        assertThat(counts.keySet())
                .noneMatch(what -> what.contains("mixed") || what.contains("unreadable"))
                .anyMatch(what -> what.startsWith("readers: ") || Integer.getInteger(SETTING + ".readers", 1) == 0);
    }
}
