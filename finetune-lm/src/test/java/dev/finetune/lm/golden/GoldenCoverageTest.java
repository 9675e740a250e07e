package dev.finetune.lm.golden;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonObject;
import dev.finetune.golden.GoldenCase;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.spi.LanguageModelFamily;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** No golden case is passed over in silence. */
@Tag("golden")
class GoldenCoverageTest {
    /** The keys of a case of chats. */
    private static final List<String> CHATS = List.of("jinja", "rows");

    @TestFactory
    Stream<DynamicTest> everyCaseIsTestedHereOrSkippedByName() {
        return GoldenFolders.all().entrySet().stream()
                .map(one -> dynamicTest(one.getKey(), () -> {
                    if (!isTested(one.getValue())) {
                        abort("SKIPPED: " + one.getKey()
                                + " is of a kind, or a family, that this module has no test for; its keys are "
                                + GoldenFolders.read(one.getValue()).keySet());
                    }
                }));
    }

    private static boolean isTested(Path folder) {
        final JsonObject json = GoldenFolders.read(folder);
        final boolean trains =
                json.keySet().containsAll(GoldenCase.TRAINING) || json.keySet().containsAll(GoldenCase.ADAPTERS);
        return trains && GoldenCase.open(folder).isOf(LanguageModelFamily.class)
                || json.keySet().containsAll(CHATS);
    }
}
