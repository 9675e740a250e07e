package dev.finetune.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTableTest {
    @TempDir
    private Path folder;

    /** A cell that can't be written, as a kill comes: in the middle of a table. */
    private static final Object FATAL = new Object() {
        @Override
        public String toString() {
            throw new IllegalStateException("killed");
        }
    };

    @Test
    void theTableOfBeforeStaysUntilTheNewOneIsWhole() throws IOException {
        final Path file = folder.resolve("table.csv");
        CsvTable.write(file, List.of("a", "b"), List.of(List.of(1, "x, y")));
        assertThat(file).hasContent("a,b\n1,\"x, y\"\n");
        assertThatThrownBy(() -> CsvTable.write(file, List.of("a", "b"), List.of(List.of(2, 3), List.of(FATAL, 4))))
                .hasMessage("killed");
        assertThat(file).hasContent("a,b\n1,\"x, y\"\n");
        CsvTable.write(file, List.of("a"), List.of());
        assertThat(file).hasContent("a\n");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aFolderThatIsMissingIsNamed() {
        final Path file = folder.resolve("nowhere").resolve("table.csv");
        assertThatThrownBy(() -> CsvTable.write(file, List.of("a"), List.of()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(file.toString());
    }
}
