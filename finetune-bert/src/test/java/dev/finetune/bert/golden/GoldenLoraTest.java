package dev.finetune.bert.golden;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.finetune.golden.GoldenCase;
import dev.finetune.golden.GoldenLora;
import dev.finetune.spi.TextModelFamily;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What PEFT computed with LoRA, we compute. */
@Tag("golden")
class GoldenLoraTest {
    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> everyAdapterIsReproduced() {
        return GoldenCase.having(GoldenCase.ADAPTERS, TextModelFamily.class).stream()
                .map(golden -> dynamicTest(
                        golden.name() + ": logits, every step, the adapter afterwards",
                        () -> GoldenLora.agrees(golden, folder)));
    }
}
