package dev.finetune.bert;

import dev.finetune.batch.Augmentation;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.Target;
import dev.finetune.bert.augment.TextAugmentation;
import dev.finetune.bert.task.MaskedLmTask;
import dev.finetune.bert.task.SpanTask;
import dev.finetune.bert.task.TokenTask;
import dev.finetune.bert.text.MaskedEncoder;
import dev.finetune.bert.text.Masking;
import dev.finetune.bert.text.QuestionEncoder;
import dev.finetune.bert.text.SequenceEncoder;
import dev.finetune.bert.text.TextLayout;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.bert.text.WordsEncoder;
import dev.finetune.data.Label;
import dev.finetune.data.LabelSet;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a head reads and what it is trained for.
 *
 * @param encoder owned
 * @param task stateless
 */
record TextParts<I>(InputEncoder<I> encoder, Task task) {
    private static final Logger LOG = LoggerFactory.getLogger(TextParts.class);
    private static final int DEFAULT_MAX_LENGTH = 512;

    private static final String TYPES_OPEN =
            "The tokenizer in {} isn't said to tell which text of a pair a token belongs to, so"
                    + " that all token types are 0, as with Transformers 5. With this tokenizer_class Transformers told them before:"
                    + " for a model that was trained so, add \"model_input_names\": [\"input_ids\", \"token_type_ids\","
                    + " \"attention_mask\"] to its tokenizer_config.json. Single texts are read the same.";

    /** The parts for the head of a request; checks that tokenizer and encoder fit. */
    static TextParts<?> of(AssemblyRequest request, EncoderConfig config, boolean tokenTypes) {
        final Head head = request.head();
        final Tokenizer tokenizer = tokenizer(request);
        try {
            checkTokens(request, config, tokenizer);
            final boolean types = tokenTypes && tokenizer.givesTokenTypes() && config.types() > 0;
            final boolean pairs = !types || tokenizer.largestType(true) < config.types();
            checkTypes(head, types, pairs, config, tokenizer);
            if (tokenTypes
                    && config.types() > 1
                    && tokenizer.leavesTokenTypesOpen()
                    && tokenizer.largestType(true) > 0) {
                LOG.warn(TYPES_OPEN, request.directory());
            }
            return of(
                    request,
                    config,
                    tokenizer,
                    new TextLayout(maxLength(request, config, tokenizer), types, config.paddingId(), pairs));
        } catch (RuntimeException | Error e) {
            tokenizer.close();
            throw e;
        }
    }

    /** Every token needs its row of the embeddings. */
    private static void checkTokens(AssemblyRequest request, EncoderConfig config, Tokenizer tokenizer) {
        final int last = tokenizer.largestId();
        if (last >= config.vocabulary()) {
            throw new FinetuneException("The tokenizer in " + request.directory() + " gives the token \""
                    + tokenizer.token(last) + "\" the id " + last + ", but the model has embeddings for "
                    + config.vocabulary() + " tokens only (vocab_size in its config.json): they don't belong together."
                    + " Tokens that were added later (added_tokens.json, special tokens that the vocabulary lacks) need"
                    + " embeddings, too: resize them in Python (resize_token_embeddings), or remove the tokens.");
        }
    }

    private static Tokenizer tokenizer(AssemblyRequest request) {
        if (!(request.head() instanceof Head.Tokens)) {
            return Tokenizer.open(request.directory());
        }
        final boolean hasLearned = request.config().strings("architectures").stream()
                .anyMatch(name -> name.endsWith("ForTokenClassification"));
        return hasLearned
                ? Tokenizer.openForWordsAsWritten(request.directory())
                : Tokenizer.openForWords(request.directory());
    }

    private static void checkTypes(Head head, boolean types, boolean pairs, EncoderConfig config, Tokenizer tokenizer) {
        final boolean asksPairs = head instanceof Head.QuestionAnswering;
        if (types && (tokenizer.largestType(false) >= config.types() || asksPairs && !pairs)) {
            throw new FinetuneException("The model knows "
                    + (config.types() == 1 ? "one segment" : config.types() + " segments")
                    + " only (type_vocab_size in its config.json), and its tokenizer gives "
                    + (asksPairs ? "a question and its context" : "a text") + " the token type "
                    + tokenizer.largestType(asksPairs) + ": use a model that was trained on "
                    + (asksPairs ? "pairs." : "the texts of this tokenizer."));
        }
    }

    private static TextParts<?> of(
            AssemblyRequest request, EncoderConfig config, Tokenizer tokenizer, TextLayout layout) {
        final Head head = request.head();
        if (head instanceof Head.Tokens tokens) {
            return new TextParts<>(
                    new WordsEncoder(tokenizer, layout, tags(tokens)), new TokenTask(tokens, request.loss()));
        }
        if (head instanceof Head.QuestionAnswering questions) {
            return new TextParts<>(
                    new QuestionEncoder(tokenizer, layout, docStride(questions, layout)),
                    new SpanTask(questions, request.loss()));
        }
        if (head instanceof Head.MaskedLm masked) {
            if (!augmentations(request).isEmpty()) {
                throw new FinetuneException("augment(" + request.augmentations()
                        + "): masked-language modelling changes its texts itself; leave it out.");
            }
            final Masking masking =
                    Masking.standard().withProbability(masked.probability()).withWholeWords(masked.wholeWords());
            final int maskId = tokenizer
                    .specialTokens()
                    .mask()
                    .orElseThrow(() -> new FinetuneException("The tokenizer in " + request.directory()
                            + " has no mask token, which masked-language " + "modelling needs."));
            return new TextParts<>(
                    new MaskedEncoder(tokenizer, layout, masking),
                    new MaskedLmTask(masked, request.loss(), config.vocabulary(), maskId, tokenizer::tokenOrNumber));
        }
        final Task task = Task.ofWholeInput(head, request.loss());
        return new TextParts<>(new SequenceEncoder(tokenizer, layout, task.targets(), augmentations(request)), task);
    }

    private static List<TextAugmentation> augmentations(AssemblyRequest request) {
        final List<TextAugmentation> changes = new ArrayList<>();
        for (Augmentation augmentation : request.augmentations()) {
            if (augmentation instanceof TextAugmentation change) {
                changes.add(change);
            } else if (augmentation.inputType() == Text.class) {
                throw new FinetuneException("augment(" + augmentation + "): texts are changed by a TextAugmentation.");
            }
        }
        return changes;
    }

    private static Function<Label, Target> tags(Head.Tokens head) {
        final LabelSet labels = LabelSet.of(head.labels());
        return label -> {
            if (label instanceof Label.Tags tags) {
                return new Target.Sequence(
                        tags.tags().stream().mapToInt(labels::indexOf).toArray());
            }
            if (label instanceof Label.None) {
                return new Target.None();
            }
            throw new FinetuneException("A head for tokens learns from Label.Tags, one tag a word, not from " + label);
        };
    }

    private static int docStride(Head.QuestionAnswering head, TextLayout layout) {
        return head.docStride() > 0
                ? head.docStride()
                : Math.min(QuestionEncoder.DEFAULT_DOC_STRIDE, layout.maxLength() / 4);
    }

    private static int maxLength(AssemblyRequest request, EncoderConfig config, Tokenizer tokenizer) {
        final int most = Math.min(config.maxTokens(), tokenizer.modelMaxLength().orElse(Integer.MAX_VALUE));
        if (request.maxLength() > config.maxTokens()) {
            throw new FinetuneException("maxLength(" + request.maxLength() + "): the model reads at most "
                    + config.maxTokens() + " tokens (max_position_embeddings in its config.json).");
        }
        final int wanted = request.maxLength() > 0
                ? request.maxLength()
                : request.head() instanceof Head.QuestionAnswering
                        ? QuestionEncoder.DEFAULT_MAX_LENGTH
                        : DEFAULT_MAX_LENGTH;
        return request.maxLength() > 0 ? wanted : Math.min(wanted, most);
    }
}
