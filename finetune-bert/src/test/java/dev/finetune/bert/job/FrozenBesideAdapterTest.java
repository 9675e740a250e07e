package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.FinetuneException;
import dev.finetune.Freeze;
import dev.finetune.Ia3;
import dev.finetune.Lora;
import dev.finetune.checkpoint.AdapterParameters;
import dev.finetune.data.Text;
import dev.finetune.nn.Parameter;
import dev.finetune.search.AutoResult;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Freezing speaks of the base: an adapter learns whatever is frozen, and what can't be meant is refused. */
class FrozenBesideAdapterTest {
    private static List<String> trained(FineTuner tuner) {
        try (FineTuned<Text> model = tuner.untrained(Text.class)) {
            return model.assembly().network().trained().stream()
                    .map(Parameter::name)
                    .toList();
        }
    }

    @Test
    void freezeRulesLeaveAnAdaptersAdditionsTrained() {
        final FineTuner lora = Jobs.classifier().lora(Lora.rank(2));
        final FineTuner ia3 = Jobs.classifier().ia3(Ia3.usual());
        for (Freeze freeze : List.of(Freeze.allButHead(), Freeze.firstLayers(2), Freeze.matching("query|value"))) {
            assertThat(trained(lora.freeze(freeze))).as("%s", freeze).isEqualTo(trained(lora));
            assertThat(trained(ia3.freeze(freeze))).as("%s", freeze).isEqualTo(trained(ia3));
        }
        assertThat(trained(lora.freeze(Freeze.where(name -> true))))
                .hasSize(3 * 2 * 2)
                .allMatch(name -> name.startsWith(AdapterParameters.PREFIX));
        assertThatThrownBy(() -> trained(lora.freeze(Freeze.matching("lora_A"))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("names no parameter of the model itself");
    }

    @Test
    void bitFitBesideAnAdapterIsRefusedWhicheverIsSaidFirst() {
        final List<UnaryOperator<FineTuner>> pairs = List.of(
                tuner -> tuner.lora(Lora.rank(2)).bitFit(),
                tuner -> tuner.bitFit().ia3(Ia3.usual()),
                tuner -> tuner.freeze(Freeze.allButBiases()).lora(Lora.rank(2)));
        for (UnaryOperator<FineTuner> pair : pairs) {
            assertThatThrownBy(() -> pair.apply(Jobs.classifier()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("bitFit()")
                    .hasMessageContaining("leave one of them out");
        }
    }

    @Test
    void automaticTuningOfAnAdapterTriesNothingThatOnlyFreezesMoreOfItsBase() {
        try (AutoResult<Text> result = Jobs.classifier()
                .lora(Lora.rank(2))
                .epochs(1)
                .auto(Jobs.data(32, 5), Jobs.data(16, 6), Duration.ofSeconds(4))) {
            assertThat(result.attempts())
                    .hasSizeGreaterThan(1)
                    .extracting(AutoResult.Attempt::name)
                    .noneMatch(name -> name.contains("frozen") || name.contains("head only"));
        }
    }
}
