package dev.finetune.lm.seq2seq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.golden.GoldenDevice;
import dev.finetune.peft.Lora;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LoRA on encoders and decoders. (What PEFT computes with it, the golden cases of all language models hold.) */
class Seq2SeqLoraTest {
    @ParameterizedTest
    @CsvSource({"t5-summarization, q v", "bart-summarization, q_proj v_proj"})
    void withoutTargetsItAdaptsWhatPeftAdapts(String name, String layers) {
        try (FineTuned<Text> model = FineTuner.from(Seq2SeqCases.model(name))
                .lora(Lora.rank(2))
                .device(GoldenDevice.choice())
                .untrained(Text.class)) {
            final Set<String> adapted = model.assembly().network().adaptedLayers();
            assertThat(adapted).hasSize(2 * (2 + 2 * 2)); // Of two layers a side, the decoder's with two attentions.
            assertThat(adapted)
                    .allMatch(each -> Set.of(layers.split(" ")).contains(each.substring(each.lastIndexOf('.') + 1)));
        }
    }
}
