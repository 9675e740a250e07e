package dev.finetune.bert;

import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Activation;
import dev.finetune.nn.Init;

/**
 * Everything in a config.json that changes what a BERT-family encoder computes.
 *
 * @param names how the family names its parameters
 * @param vocabulary rows of the word embeddings
 * @param embeddingWidth width of the embeddings; where it differs from {@code hidden}, a projection follows (ELECTRA)
 * @param hidden width of the layers
 * @param layers how many layers
 * @param heads attention heads a layer
 * @param intermediate width of the feed-forward part
 * @param positions rows of the position embeddings
 * @param types rows of the token type embeddings, 0 for none (DistilBERT)
 * @param paddingId the padding token, whose embedding gets no gradient
 * @param positionsFromPadding whether positions count from paddingId + 1 and skip padding (RoBERTa)
 * @param activation of the feed-forward part
 * @param normEps epsilon of the layer norms
 * @param hiddenDropout probability on embeddings and layer outputs
 * @param attentionDropout probability on attention weights
 * @param sequenceDropout probability before the classifier of sequences
 * @param tokenDropout probability before the classifier of tokens
 * @param spanDropout probability before the question-answering output
 * @param initRange standard deviation of newly initialised weights
 * @param tied whether the masked-LM head shares the word embeddings
 */
public record EncoderConfig(
        EncoderNames names,
        int vocabulary,
        int embeddingWidth,
        int hidden,
        int layers,
        int heads,
        int intermediate,
        int positions,
        int types,
        int paddingId,
        boolean positionsFromPadding,
        Activation activation,
        double normEps,
        double hiddenDropout,
        double attentionDropout,
        double sequenceDropout,
        double tokenDropout,
        double spanDropout,
        double initRange,
        boolean tied) {
    /** A text of one token between two special ones. */
    private static final int SHORTEST = 3;

    /** Checks what the parts depend on. */
    public EncoderConfig {
        if (hidden % heads != 0) {
            throw new FinetuneException("config.json: the hidden size " + hidden + " is not a multiple of the " + heads
                    + " attention heads.");
        }
        if (paddingId < 0 || paddingId >= vocabulary) {
            throw new FinetuneException("config.json: pad_token_id is " + paddingId + ", and must be one of the "
                    + vocabulary + " tokens (vocab_size), counted from 0.");
        }
        final int taken = positionsFromPadding ? paddingId + 1 : 0;
        if (positions - taken < SHORTEST) {
            throw new FinetuneException("config.json: max_position_embeddings is " + positions
                    + (taken == 0 ? "" : ", of which padding takes " + taken) + ": too few for any text.");
        }
        if (types < 0) {
            throw new FinetuneException("config.json: type_vocab_size is " + types + "; it must be 0 or more.");
        }
        for (double probability :
                new double[] {hiddenDropout, attentionDropout, sequenceDropout, tokenDropout, spanDropout}) {
            if (!(probability >= 0 && probability < 1)) {
                throw new FinetuneException(
                        "config.json: a dropout probability must be at least 0 and below 1, not " + probability + ".");
            }
        }
    }

    /** {@return the most tokens that one input can have: the positions that are left after those that padding takes} */
    public int maxTokens() {
        return positionsFromPadding ? positions - paddingId - 1 : positions;
    }

    /** {@return how new weights start} */
    public Init init() {
        return Init.normal(initRange);
    }

    /**
     * {@return the same network with every dropout probability replaced}
     *
     * @param p from 0 to below 1
     */
    public EncoderConfig withDropout(double p) {
        return new EncoderConfig(
                names,
                vocabulary,
                embeddingWidth,
                hidden,
                layers,
                heads,
                intermediate,
                positions,
                types,
                paddingId,
                positionsFromPadding,
                activation,
                normEps,
                p,
                p,
                p,
                p,
                p,
                initRange,
                tied);
    }
}
