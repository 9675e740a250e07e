package dev.finetune.lm.decoder;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The embeddings of tokens, times the square root of their width: {@code input_ids} (batch, length) to (batch, length, width). The root
 * has as many digits as the weights: of 3072 it is 55.4256, and in bfloat16 55.5, as Gemma was trained.
 */
final class GemmaEmbeddings implements Stage {
    private final Embedding words;
    private final double root;

    GemmaEmbeddings(GemmaConfig config, ParameterSource source) {
        this.words = new Embedding(
                source.at("embed_tokens"), config.vocabulary(), config.width(), config.paddingId(), config.init());
        this.root = Math.sqrt(config.width());
    }

    Parameter words() {
        return words.weight();
    }

    @Override
    public String name() {
        return "embeddings";
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        return words.forward(batch.get("input_ids"), context).mul(new Scalar(factor()));
    }

    private float factor() {
        final boolean halved = words.weight().value().scalar_type().intern() == ScalarType.BFloat16;
        return halved ? toBfloat16((float) root) : (float) root;
    }

    /** The nearest number of 8 bits; of two, the even one. */
    static float toBfloat16(float number) {
        final int bits = Float.floatToRawIntBits(number);
        final int even = bits >>> 16 & 1;
        return Float.intBitsToFloat(bits + 0x7FFF + even & 0xFFFF0000);
    }

    @Override
    public boolean canEndRowsApart() {
        return true;
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return Optional.of(HiddenLayout.positions("attention_mask"));
    }

    @Override
    public List<Parameter> parameters() {
        return words.parameters();
    }
}
