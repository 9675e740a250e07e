package dev.finetune.bert;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.batch.MemoryFormat;
import dev.finetune.bert.heads.MaskedLmHead;
import dev.finetune.bert.heads.PooledHead;
import dev.finetune.bert.heads.PoolingHead;
import dev.finetune.bert.heads.SequenceHead;
import dev.finetune.bert.heads.SpanHead;
import dev.finetune.bert.heads.TokenHead;
import dev.finetune.checkpoint.CheckpointParameters;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.nn.Activation;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerKind;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import dev.finetune.peft.LayerNames;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.HeadConfig;
import dev.finetune.spi.ModelConfig;
import dev.finetune.spi.TextModelFamily;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the BERT-family encoders share: how a network, its encoder and its task are put together. A family says how its
 * config.json reads, what its parameters are called, and how its heads differ.
 */
abstract class TextFamily implements TextModelFamily {
    /** The encoder that a configuration describes. */
    abstract EncoderConfig encoder(ModelConfig config);

    /** The sequence head's layout. */
    abstract SequenceHead.Layout sequenceLayout(EncoderConfig config, AssemblyRequest request);

    /** How the masked-LM head's parameters are called. */
    abstract MaskedLmNames maskedLmNames(EncoderConfig config, ModelConfig model);

    /** The stem of the architectures' names in config.json: "Bert" in "BertForSequenceClassification". */
    abstract String architecture(ModelConfig config);

    /** The layout of RoBERTa's sequence head, which reads the first token itself, without a pooler. */
    static SequenceHead.Layout withoutPooler(Activation activation, EncoderConfig config) {
        return new SequenceHead.Layout(
                "classifier.dense",
                activation,
                "classifier.out_proj",
                config.sequenceDropout(),
                config.sequenceDropout());
    }

    /** What this library calls what a head of a whole input reads, where Transformers has no such head. */
    private static final String POOLING = "finetune_pooling";

    /** Whether the architecture that is saved as "ForPreTraining" holds a masked-language model's head. */
    boolean pretrainsByMasking() {
        return true;
    }

    /** Whether the network reads token types (segment ids). */
    abstract boolean readsTokenTypes();

    /** What the parts of the encoder are called, below the base model's prefix. */
    List<String> encoderParts() {
        return List.of("embeddings.", "embeddings_project.", "encoder.", "transformer.");
    }

    /** What the word embeddings are called, below the base model's prefix. */
    String wordEmbeddings() {
        return "embeddings.word_embeddings.weight";
    }

    /** Whether a stored name means nothing: a buffer, which isn't computed with. */
    boolean ignores(String name) {
        return name.endsWith("position_ids") || name.endsWith("embeddings.token_type_ids");
    }

    /**
     * The stages of the encoder.
     *
     * @param source of the encoder's parameters, below the base model's prefix
     * @param firstAlone whether nothing but the first token is read of the last layer
     */
    Trunk trunk(EncoderConfig config, AssemblyRequest request, ParameterSource source, boolean firstAlone) {
        final EmbeddingStage embeddings = EmbeddingStage.of(config, source);
        return new Trunk(
                LayerStage.below(embeddings, config, source, Optional.empty(), firstAlone),
                embeddings.wordEmbeddings());
    }

    /**
     * An encoder under construction.
     *
     * @param stages from the embeddings up
     * @param words the word embeddings, which a masked-LM head may share
     */
    record Trunk(List<Stage> stages, Parameter words) {}

    /** A dropout probability that the shared part of the configuration doesn't hold: its own, or what replaces all. */
    static double dropout(AssemblyRequest request, String key, double otherwise) {
        return Double.isNaN(request.dropout()) ? request.config().number(key, otherwise) : request.dropout();
    }

    /**
     * The names of a masked-LM head's parts.
     *
     * @param dense the transform
     * @param norm the norm after it
     * @param bias the decoder's bias
     * @param decoder the decoder's weight where it isn't tied
     * @param aliases other names that the bias has had
     * @param activation after the transform
     */
    record MaskedLmNames(
            String dense, String norm, String bias, String decoder, List<String> aliases, Activation activation) {
        /** BERT's names, which DeBERTa has taken over. */
        static MaskedLmNames bert(Activation activation) {
            return new MaskedLmNames(
                    "cls.predictions.transform.dense",
                    "cls.predictions.transform.LayerNorm",
                    "cls.predictions.bias",
                    "cls.predictions.decoder.weight",
                    List.of("cls.predictions.decoder.bias"),
                    activation);
        }

        /** RoBERTa's names and activation, which MPNet has taken over. */
        static MaskedLmNames roberta() {
            return new MaskedLmNames(
                    "lm_head.dense",
                    "lm_head.layer_norm",
                    "lm_head.bias",
                    "lm_head.decoder.weight",
                    List.of("lm_head.decoder.bias"),
                    Activation.GELU);
        }

        /** An untied decoder computes with a bias of its own; the other one is then no part of the model. */
        MaskedLmNames forTied(boolean tied) {
            return tied || aliases.isEmpty()
                    ? this
                    : new MaskedLmNames(dense, norm, aliases.get(0), decoder, List.of(bias), activation);
        }
    }

    /** The layers that methods adapt, with the last layers of all these families' heads. */
    static LayerNames layers(List<String> queriesAndValues, List<String> keysAndValues, String feedForward) {
        return new LayerNames(
                queriesAndValues, keysAndValues, List.of(feedForward), List.of("classifier", "qa_outputs"));
    }

    /** As PEFT adapts BERT and RoBERTa where no layers are named, and what is like them in other families. */
    @Override
    public LayerNames layerNames(ModelConfig config) {
        return layers(List.of("query", "value"), List.of("key", "value"), "output.dense");
    }

    @Override
    public boolean recognises(ModelConfig config) {
        return modelTypes().contains(config.string("model_type", ""));
    }

    @Override
    public Optional<Head> savedHead(ModelConfig config) {
        final String architecture =
                config.strings("architectures").stream().findFirst().orElse("");
        if (architecture.endsWith("ForTokenClassification")) {
            return Optional.of(HeadConfig.tokens(config));
        }
        if (architecture.endsWith("ForQuestionAnswering")) {
            return Optional.of(Heads.questionAnswering());
        }
        if (architecture.endsWith("ForMaskedLM") || architecture.endsWith("ForPreTraining") && pretrainsByMasking()) {
            return Optional.of(Heads.maskedLm());
        }
        return architecture.endsWith("ForSequenceClassification")
                ? Optional.of(HeadConfig.read(config))
                : Optional.empty();
    }

    @Override
    public Assembly<?> assemble(AssemblyRequest request) {
        if (request.memoryFormat() != MemoryFormat.AUTO) {
            throw new FinetuneException("execution(e -> e.memoryFormat(" + request.memoryFormat()
                    + ")) says how pictures lie in memory, and this model reads texts: leave it out.");
        }
        if (request.inputSettings().isPresent()) {
            throw new FinetuneException("inputs(" + request.inputSettings().get()
                    + "): this model reads each text as a row of its own, cut to maxLength(...); leave it out.");
        }
        final ModelConfig config = request.config();
        EncoderConfig encoder = encoder(config);
        if (!Double.isNaN(request.dropout())) {
            encoder = encoder.withDropout(request.dropout());
        }
        final Optional<Weights> weights =
                request.loadWeights() ? Optional.of(Weights.open(request.weights())) : Optional.empty();
        try {
            final CheckpointParameters source =
                    new CheckpointParameters(weights, naming(encoder, request), request.seed());
            if (encoder.tied() && request.head() instanceof Head.MaskedLm) {
                refuseTiedApart(source, encoder, maskedLmNames(encoder, config));
            }
            final EncoderConfig shape = encoder;
            final Network network = request.adaptation().build(source, adapted -> network(shape, request, adapted));
            try {
                final TextParts<?> parts = TextParts.of(request, encoder, readsTokenTypes());
                return new Assembly<>(
                        network,
                        parts.encoder(),
                        parts.task(),
                        source.report(),
                        savedConfig(request, parts.task().labels()));
            } catch (RuntimeException | Error e) {
                network.close();
                throw e;
            }
        } finally {
            weights.ifPresent(Weights::close);
        }
    }

    private Network network(EncoderConfig config, AssemblyRequest request, ParameterSource source) {
        final boolean firstAlone = request.firstTokenOnly()
                && readsFirstTokenAlone(request.head())
                && pooling(request).orElse(Pooling.CLS) == Pooling.CLS;
        final Trunk trunk = trunk(config, request, source.at(config.names().prefix()), firstAlone);
        return new Network(trunk.stages, headModule(config, request, source, trunk.words));
    }

    /** What a head of a whole input reads, where that isn't what the family's own layers make of the first token. */
    static Optional<Pooling> pooling(AssemblyRequest request) {
        if (!request.head().isOfWholeInput()) {
            return Optional.empty();
        }
        return request.pooling().or(() -> switch (request.config().string(POOLING, "")) {
            case "" -> Optional.empty();
            case "mean" -> Optional.of(Pooling.MEAN);
            case "cls" -> Optional.of(Pooling.CLS);
            default ->
                throw new FinetuneException(request.config().file() + ": \"" + POOLING + "\": \""
                        + request.config().string(POOLING, "") + "\" is not known; expected \"mean\" or \"cls\".");
        });
    }

    private static boolean readsFirstTokenAlone(Head head) {
        return head.isOfWholeInput() || head.pooling().equals(Optional.of(Pooling.CLS));
    }

    /** The head that was asked for, on parameters of the whole model's source. */
    HeadModule headModule(EncoderConfig config, AssemblyRequest request, ParameterSource source, Parameter words) {
        final Head head = request.head();
        final long hidden = config.hidden();
        final Init init = config.init();
        final Optional<Pooling> pooling = pooling(request);
        if (pooling.isPresent()) {
            final SequenceHead.Layout layout = sequenceLayout(config, request);
            final Linear output = new Linear(source.at(layout.output()), hidden, head.rows(), init);
            return new PooledHead(pooling.get(), hidden, layout.dropoutAfter(), output);
        }
        if (head.isOfWholeInput()) {
            return new SequenceHead(source, sequenceLayout(config, request), hidden, head.rows(), init);
        }
        if (head instanceof Head.Tokens) {
            return new TokenHead(source, config.tokenDropout(), hidden, head.rows(), init);
        }
        if (head instanceof Head.QuestionAnswering) {
            return new SpanHead(source, config.spanDropout(), hidden, init);
        }
        if (head instanceof Head.MaskedLm) {
            return maskedLm(config, request, source, words);
        }
        return new PoolingHead(head.pooling().orElseThrow(() -> unknown(head)), hidden);
    }

    static FinetuneException unknown(Head head) {
        return new FinetuneException("This model has no head for " + head.kind()
                + "; it can be given one for classes, several labels, regression, tags, answers, masked words, features, or one"
                + " of a whole input that brings its own task (TaskHead).");
    }

    private HeadModule maskedLm(
            EncoderConfig config, AssemblyRequest request, ParameterSource source, Parameter words) {
        final MaskedLmNames names = maskedLmNames(config, request.config()).forTied(config.tied());
        final long width = config.embeddingWidth();
        final Linear dense = new Linear(source.at(names.dense), config.hidden(), width, config.init());
        final LayerNorm norm = new LayerNorm(source.at(names.norm), width, config.normEps());
        final Parameter bias = source.take(names.bias, Init.ZEROS, config.vocabulary());
        return new MaskedLmHead(dense, names.activation, norm, decoder(config, names.decoder, bias, source, words));
    }

    /**
     * A masked-LM head's last layer, which shares the word embeddings where the configuration ties them.
     *
     * @param name of its weight where they aren't tied
     */
    static Linear decoder(
            EncoderConfig config, String name, @Nullable Parameter bias, ParameterSource source, Parameter words) {
        if (config.tied() && words.adapter().isPresent()) {
            throw new FinetuneException(
                    words.name() + " is the weight of the masked-language head's output layer, too, so it"
                            + " can't be adapted as an embedding: name other layers as targets.");
        }
        final Parameter weight = config.tied()
                ? words
                : source.weight(
                        new LayerKind.Output(), name, config.init(), config.vocabulary(), config.embeddingWidth());
        return new Linear(weight, bias);
    }

    private CheckpointParameters.Naming naming(EncoderConfig config, AssemblyRequest request) {
        final String prefix = config.names().prefix() + ".";
        final MaskedLmNames names = maskedLmNames(config, request.config()).forTied(config.tied());
        return new CheckpointParameters.Naming(
                config.names().prefix(),
                name -> name.startsWith(prefix) && !name.startsWith(prefix + "pooler."),
                this::ignores,
                outputs(config, request),
                request.rows(),
                aliases(config, names),
                name -> isOfTrunk(name, prefix));
    }

    /** Whether a stored name is the encoder's, with the base model's prefix or, as a base model is saved, without. */
    private boolean isOfTrunk(String name, String prefix) {
        final String inner = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
        return !inner.startsWith("pooler.")
                && (name.startsWith(prefix) || encoderParts().stream().anyMatch(inner::startsWith));
    }

    /** A tied output layer may be stored under either of its names. */
    private Map<String, List<String>> aliases(EncoderConfig config, MaskedLmNames names) {
        final String words = config.names().prefix() + "." + wordEmbeddings();
        return config.tied()
                ? Map.of(names.bias, names.aliases, words, List.of(names.decoder))
                : Map.of(names.bias, names.aliases);
    }

    private void refuseTiedApart(CheckpointParameters source, EncoderConfig config, MaskedLmNames names) {
        source.refuseTiedApart(config.names().prefix() + "." + wordEmbeddings(), names.decoder);
        names.aliases.forEach(alias -> source.refuseTiedApart(names.bias, alias));
    }

    /** The layer whose rows are the head's classes, tags or numbers. */
    private Predicate<String> outputs(EncoderConfig config, AssemblyRequest request) {
        final Head head = request.head();
        if (head instanceof Head.Tokens) {
            return name -> name.startsWith(TokenHead.OUTPUT + ".");
        }
        if (head.isOfWholeInput()) {
            final String output = sequenceLayout(config, request).output() + ".";
            return name -> name.startsWith(output);
        }
        return name -> false;
    }

    private JsonObject savedConfig(AssemblyRequest request, List<String> labels) {
        final Head head = request.head();
        final ModelConfig config = request.config();
        final JsonObject json = config.json();
        pooling(request)
                .ifPresent(pooling -> json.addProperty(POOLING, pooling.name().toLowerCase(Locale.ROOT)));
        final String suffix;
        if (head instanceof Head.Tokens) {
            suffix = "ForTokenClassification";
        } else if (head instanceof Head.QuestionAnswering) {
            suffix = "ForQuestionAnswering";
        } else if (head instanceof Head.MaskedLm) {
            suffix = "ForMaskedLM";
        } else if (head.pooling().isPresent()) {
            suffix = "Model";
        } else {
            suffix = "ForSequenceClassification";
        }
        final JsonArray architectures = new JsonArray();
        architectures.add(architecture(config) + suffix);
        json.add("architectures", architectures);
        HeadConfig.write(json, head, labels);
        json.remove("torch_dtype");
        json.addProperty("dtype", "float32");
        return json;
    }
}
