package dev.finetune.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** No golden case is passed over in silence. */
@Tag("golden")
class GoldenCoverageTest {
    /** The keys that tell the kinds of cases that this module's tests take up. */
    private static final List<List<String>> KINDS = List.of(
            List.of("classification", "regression"),
            List.of("base_lr", "rows"),
            List.of("pairs", "corpus", "perplexity"));

    @TempDir
    private Path folder;

    @TestFactory
    Stream<DynamicTest> everyCaseIsTestedHereOrSkippedByName() {
        return GoldenFolders.all().entrySet().stream()
                .map(one -> dynamicTest(one.getKey(), () -> {
                    final JsonObject json = GoldenFolders.read(one.getValue());
                    if (KINDS.stream().noneMatch(keys -> json.keySet().containsAll(keys))) {
                        abort("SKIPPED: " + one.getKey()
                                + " is of a kind that this module has no test for; its keys are " + json.keySet());
                    }
                }));
    }

    @Test
    void casesAreFoundHoweverDeepTheyLie() throws IOException {
        for (String name : List.of("one", "cases/two", "cases/more/three")) {
            Files.writeString(Files.createDirectories(folder.resolve(name)).resolve("case.json"), "{}");
            Files.createDirectories(folder.resolve(name).resolve("model"));
        }
        assertThat(GoldenFolders.below(folder).keySet())
                .map(name -> name.replace('\\', '/'))
                .containsExactly("cases/more/three", "cases/two", "one");
    }

    @Test
    void aFolderWithoutCasesFails() {
        assertThatThrownBy(() -> GoldenFolders.below(folder))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("holds no golden case");
        assertThatThrownBy(() -> GoldenFolders.below(folder.resolve("nowhere")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("is no directory");
    }
}
