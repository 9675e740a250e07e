package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TemporaryFolderTest {
    @Test
    void itIsDeletedWithAllThatIsInIt() throws IOException {
        final Path folder = TemporaryFolder.create("finetune-test");
        Files.createDirectories(folder.resolve("a/b"));
        Files.writeString(folder.resolve("a/b/c"), "d");
        Files.writeString(folder.resolve("e"), "f");
        TemporaryFolder.delete(folder);
        assertThat(folder).doesNotExist();
        TemporaryFolder.delete(folder.resolve("never there")); // Nothing is thrown: the process is ending.
    }
}
