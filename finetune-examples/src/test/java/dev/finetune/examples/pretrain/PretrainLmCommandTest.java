package dev.finetune.examples.pretrain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.checkpoint.DType;
import dev.finetune.checkpoint.Weights;
import dev.finetune.examples.CommandLineRun;
import dev.finetune.generate.Generation;
import dev.finetune.lm.Chat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainLmCommandTest {
    @Test
    void aTextBecomesAModelInSixteenBitsThatWritesAndReadsChats(@TempDir Path folder) throws IOException {
        final Path text = folder.resolve("text.txt");
        Files.writeString(text, "The parcel came on Tuesday, and the kettle in it was whole.\n".repeat(60));
        final Path out = folder.resolve("model");
        final CommandLineRun run = CommandLineRun.of(
                        "pretrain-lm --text TEXT --out OUT --vocabulary 290 --layers 1 --width 32 --key-heads 1 --inner 64"
                                .concat(" --max-length 64 --steps 6 --evaluate-every 3")
                                .replace("TEXT", text.toString())
                                .replace("OUT", out.toString())
                                .split(" "))
                .well();

        assertThat(run.text()).contains("290 tokens learned", "bits per byte", "saved " + out.toAbsolutePath());
        try (Weights weights = Weights.open(out)) {
            assertThat(weights.names())
                    .isNotEmpty()
                    .allSatisfy(
                            name -> assertThat(weights.describe(name).dtype()).isEqualTo(DType.BF16));
        }
        Thread.currentThread().interrupt(); // As by Ctrl-C.
        HalvedWeights.in(out);
        assertThat(Thread.interrupted()).isTrue();
        try (FineTuned<Chat> model = FineTuned.load(out, Chat.class)) {
            assertThat(model.generate(
                                    Chat.of().user("Where is it?"),
                                    Generation.greedy().maxNewTokens(4))
                            .ids())
                    .isNotEmpty();
        }
    }
}
