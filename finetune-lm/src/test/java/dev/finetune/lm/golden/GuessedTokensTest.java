package dev.finetune.lm.golden;

import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostTensor;
import dev.finetune.data.Text;
import dev.finetune.golden.GoldenCase;
import dev.finetune.golden.GoldenDevice;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.lm.generate.GuessedTokens;
import dev.finetune.lm.generate.NetworkTokens;
import dev.finetune.lm.generate.NextTokens;
import dev.finetune.spi.LanguageModelFamily;
import dev.finetune.train.DeviceChoice;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Each decoder says the same of tokens that are guessed and read at once as it says one by one. */
@Tag("golden")
class GuessedTokensTest {
    @TestFactory
    Stream<DynamicTest> guessesChangeNothing() {
        final List<GoldenCase> cases = GoldenCase.having(GoldenCase.TRAINING, LanguageModelFamily.class).stream()
                .filter(golden -> golden.json().has("generation"))
                .filter(golden -> !golden.json().keySet().containsAll(GoldenCase.ADAPTERS))
                .filter(golden -> !golden.tensors().containsKey("expected.encoder_hidden_states.0"))
                .toList();
        assumeTrue(!cases.isEmpty(), "no decoders in " + GoldenFolders.root().toAbsolutePath());
        return cases.stream().map(golden -> dynamicTest(golden.name(), () -> guessesChangeNothing(golden)));
    }

    private static void guessesChangeNothing(GoldenCase golden) {
        final long[] ids = ((HostTensor.Longs) golden.batch(0).columns().get("input_ids")).data();
        final int[] prompt =
                Arrays.stream(ids).limit(12).mapToInt(Math::toIntExact).toArray();
        try (FineTuned<Text> model =
                FineTuner.from(golden.model()).device(GoldenDevice.choice()).untrained(Text.class)) {
            final Supplier<NextTokens> models =
                    () -> new NetworkTokens(model.assembly().network(), 0, 40);
            final boolean reads = GoldenDevice.choice() == DeviceChoice.CPU;
            GuessedTokens.changeNothing(models, new int[][] {prompt}, reads);
            // What is turned by how long the longest text is isn't what it is alone.
            if (!dependsOnOthers(golden.name())) {
                final int[][] several = {Arrays.copyOf(prompt, 5), prompt, Arrays.copyOfRange(prompt, 3, 10)};
                GuessedTokens.changeNothing(models, several, reads);
            }
        }
    }

    private static boolean dependsOnOthers(String name) {
        return name.contains("dynamic") || name.contains("longrope");
    }
}
