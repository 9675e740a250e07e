package dev.finetune.lm.decoder;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.InputSettings;
import dev.finetune.batch.MemoryFormat;
import dev.finetune.bert.text.SequenceEncoder;
import dev.finetune.bert.text.TextLayout;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.checkpoint.CheckpointParameters;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.lm.generate.ModelGeneration;
import dev.finetune.lm.head.LastTokenHead;
import dev.finetune.lm.head.LmHead;
import dev.finetune.lm.head.LmTask;
import dev.finetune.lm.input.LmEncoder;
import dev.finetune.lm.input.LmInputs;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerKind;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.HeadConfig;
import dev.finetune.spi.LanguageModelFamily;
import dev.finetune.spi.ModelConfig;
import dev.finetune.task.Task;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What families of decoders share: how a network, its encoder and its task are put together. A family says how its config.json
 * reads and what its parts are called.
 */
abstract class DecoderFamily implements LanguageModelFamily {
    private static final int DEFAULT_MAX_LENGTH = 1024;
    private static final Logger LOG = LoggerFactory.getLogger(DecoderFamily.class);
    private static final String PADDING = "pad_token_id";
    private static final String SCORE = "score";

    /**
     * A decoder as a configuration describes it.
     *
     * @param vocabulary how many tokens have embeddings
     * @param width of the hidden states
     * @param positions the most tokens that it reads
     * @param tied whether the output layer's weight is that of the embeddings
     * @param cap beyond which logits never go; empty for none
     * @param init how what is missing starts
     * @param trunk takes the parameters below the base model's prefix
     */
    record Plan(
            int vocabulary, int width, int positions, boolean tied, OptionalDouble cap, Init init, TrunkMaker trunk) {
        Plan(int vocabulary, int width, int positions, boolean tied, Init init, TrunkMaker trunk) {
            this(vocabulary, width, positions, tied, OptionalDouble.empty(), init, trunk);
        }

        private Plan tied(boolean whether) {
            return new Plan(vocabulary, width, positions, whether, cap, init, trunk);
        }
    }

    /** Takes a trunk's parameters from a source. */
    interface TrunkMaker {
        /** {@return the stages, whose last ends with the decoder's own norm} */
        Trunk of(ParameterSource source);
    }

    /**
     * A trunk.
     *
     * @param stages from the embeddings up
     * @param words the embeddings
     */
    record Trunk(List<Stage> stages, Parameter words) {}

    /** What the configuration describes; refuses, by name, what changes the computation and isn't known. */
    abstract Plan plan(ModelConfig config, double dropout);

    /** The base model's prefix, without the dot. */
    abstract String prefix();

    /** What the embeddings are called, below the prefix. */
    abstract String words();

    /** What the names of the trunk's parameters begin with, below the prefix. */
    abstract List<String> parts();

    /** What architectures are called in config.json: the head's, and that of a classifier. */
    abstract Architectures architectures(ModelConfig config);

    /**
     * Names of architectures.
     *
     * @param writing with the output layer
     * @param classifying with a layer for classes
     */
    record Architectures(String writing, String classifying) {}

    /** Whether a stored name means nothing: a buffer, which isn't computed with. */
    abstract boolean ignores(String name);

    @Override
    public boolean recognises(ModelConfig config) {
        return modelTypes().contains(config.string("model_type", ""));
    }

    @Override
    public Optional<Head> savedHead(ModelConfig config) {
        final String architecture =
                config.strings("architectures").stream().findFirst().orElse("");
        if (architecture.endsWith("ForSequenceClassification")) {
            return Optional.of(HeadConfig.read(config));
        }
        return architecture.equals(architectures(config).writing) ? Optional.of(Heads.causalLm()) : Optional.empty();
    }

    @Override
    public Assembly<?> assemble(AssemblyRequest request) {
        if (request.memoryFormat() != MemoryFormat.AUTO) {
            throw new FinetuneException("execution(e -> e.memoryFormat(" + request.memoryFormat()
                    + ")) says how pictures lie in memory, and this model reads texts: leave it out.");
        }
        if (request.inputSettings().isPresent() && !(request.head() instanceof Head.CausalLm)) {
            throw new FinetuneException("inputs(" + request.inputSettings().get() + "): a "
                    + request.head().kind() + " head reads each text as a row of its own; LmInputs is for"
                    + " Heads.causalLm(). Leave it out.");
        }
        if (!request.augmentations().isEmpty()) {
            throw new FinetuneException("augment(" + request.augmentations()
                    + "): a language model learns texts as they are; leave it out.");
        }
        final ModelConfig config = request.config();
        config.refuseOtherComputations();
        final Plan plan = plan(config, request.dropout());
        final Tokenizer tokenizer = Tokenizer.openForWriting(request.directory());
        try {
            checkTokens(request, plan, tokenizer);
            return assembled(plan, request, tokenizer, paddingId(config, tokenizer));
        } catch (RuntimeException | Error e) {
            tokenizer.close();
            throw e;
        }
    }

    private Assembly<?> assembled(Plan described, AssemblyRequest request, Tokenizer tokenizer, int padding) {
        final Optional<Weights> weights =
                request.loadWeights() ? Optional.of(Weights.open(request.weights())) : Optional.empty();
        try {
            final Plan plan = described.tied(described.tied
                    && (!(request.head() instanceof Head.CausalLm) || tie().holds(weights, request.adaptation())));
            final CheckpointParameters source = new CheckpointParameters(
                            weights, naming(plan, described.tied, request), request.seed())
                    .keepingBfloat16(request.adaptation().keepsBase());
            final Network network =
                    request.adaptation().build(source, adapted -> network(plan, request, padding, adapted));
            try {
                return assembly(plan, request, network, source, tokenizer, padding);
            } catch (RuntimeException | Error e) {
                network.close();
                throw e;
            }
        } finally {
            weights.ifPresent(Weights::close);
        }
    }

    private Network network(Plan plan, AssemblyRequest request, int padding, ParameterSource source) {
        final Trunk trunk = plan.trunk.of(source.at(prefix()));
        final OptionalInt ending = endsWithRow(request) ? OptionalInt.empty() : OptionalInt.of(padding);
        return new Network(trunk.stages, head(plan, request, ending, source, trunk.words));
    }

    /** Whether the directory's own classifier reads a row's last token, whichever it is: where config.json names no padding. */
    private boolean endsWithRow(AssemblyRequest request) {
        final ModelConfig config = request.config();
        return saidPadding(config).isEmpty()
                && config.strings("architectures").contains(architectures(config).classifying);
    }

    private HeadModule head(
            Plan plan, AssemblyRequest request, OptionalInt padding, ParameterSource source, Parameter words) {
        final Head head = request.head();
        if (head instanceof Head.CausalLm) {
            return LmHead.ofNext(output(plan, source, words), plan.cap, request.loss());
        }
        if (head.isOfWholeInput() && request.pooling().isEmpty()) {
            return new LastTokenHead(new Linear(source.at(SCORE), plan.width, head.rows(), plan.init, false), padding);
        }
        throw new FinetuneException("This model has no head for " + head.kind()
                + "; it can be given one for the tokens that come next (Heads.causalLm()), classes, several labels,"
                + " regression, or one of a whole input that brings its own task (TaskHead).");
    }

    private static Linear output(Plan plan, ParameterSource source, Parameter words) {
        final Parameter weight = plan.tied
                ? words
                : source.weight(new LayerKind.Output(), OutputTie.OUTPUT, plan.init, plan.vocabulary, plan.width);
        return new Linear(weight, null);
    }

    private OutputTie tie() {
        return new OutputTie(prefix() + "." + words(), words());
    }

    /** Where config.json speaks of a tie, either of the two tensors may be stored alone, whether or not it holds. */
    private CheckpointParameters.Naming naming(Plan plan, boolean tie, AssemblyRequest request) {
        final String prefix = prefix() + ".";
        final boolean writes = request.head() instanceof Head.CausalLm;
        return new CheckpointParameters.Naming(
                prefix(),
                name -> name.startsWith(prefix) || writes && name.equals(OutputTie.OUTPUT),
                name -> ignores(name) || writes && plan.tied && name.equals(OutputTie.OUTPUT),
                name -> !writes && name.startsWith(SCORE + "."),
                request.rows(),
                tie ? tie().aliases() : Map.of(),
                name -> name.startsWith(prefix) || parts().stream().anyMatch(name::startsWith));
    }

    private Assembly<?> assembly(
            Plan plan,
            AssemblyRequest request,
            Network network,
            CheckpointParameters source,
            Tokenizer tokenizer,
            int padding) {
        final int maxLength = maxLength(request, plan, tokenizer);
        final Task task;
        final InputEncoder<?> encoder;
        if (request.head() instanceof Head.CausalLm) {
            task = new LmTask(request.head(), true, tokenizer::tokenOrNumber);
            encoder = new LmEncoder(
                    tokenizer,
                    request.directory(),
                    inputs(request),
                    new LmEncoder.Row(
                            maxLength,
                            plan.positions,
                            looksUpPositions() ? plan.positions : Integer.MAX_VALUE,
                            padding,
                            endId(request, tokenizer)),
                    ModelGeneration.read(request.directory(), request.config().json()));
        } else {
            task = Task.ofWholeInput(request.head(), request.loss());
            encoder = new SequenceEncoder(
                    tokenizer, new TextLayout(maxLength, false, padding), task.targets(), List.of());
        }
        return new Assembly<>(
                network, encoder, task, source.report(), savedConfig(plan, request, task.labels(), padding));
    }

    private static LmInputs inputs(AssemblyRequest request) {
        final Optional<InputSettings> said = request.inputSettings();
        if (said.isPresent() && !(said.get() instanceof LmInputs)) {
            throw new FinetuneException(
                    "inputs(" + said.get() + "): a language model's texts are laid out by LmInputs.");
        }
        return said.map(LmInputs.class::cast).orElseGet(LmInputs::rows);
    }

    /** Every token needs its row of the embeddings. */
    private static void checkTokens(AssemblyRequest request, Plan plan, Tokenizer tokenizer) {
        final int padding = request.config().integer(PADDING, -1);
        if (padding >= plan.vocabulary || padding < -plan.vocabulary) {
            throw new FinetuneException(request.config().file() + ": \"pad_token_id\" is " + padding
                    + ", and must be one of the " + plan.vocabulary
                    + " tokens (vocab_size), counted from 0, or null for none.");
        }
        tokenizer.checkEmbeddings(plan.vocabulary, request.directory());
    }

    private int maxLength(AssemblyRequest request, Plan plan, Tokenizer tokenizer) {
        if (request.maxLength() > plan.positions && !looksUpPositions()) {
            LOG.warn(
                    "maxLength({}) is more than the {} tokens that the model was trained on (max_position_embeddings in its"
                            + " config.json): beyond them it may write and read badly.",
                    request.maxLength(),
                    plan.positions);
        } else if (request.maxLength() > plan.positions) {
            throw new FinetuneException("maxLength(" + request.maxLength() + "): the model reads at most "
                    + plan.positions + " tokens (its config.json says so).");
        }
        final int most = Math.min(plan.positions, tokenizer.modelMaxLength().orElse(Integer.MAX_VALUE));
        return request.maxLength() > 0 ? request.maxLength() : Math.min(DEFAULT_MAX_LENGTH, most);
    }

    /**
     * What fills rows: what is said to, else what the tokenizer fills them with, else what ends texts; where nothing is said, the first
     * token. A new classifier reads the last other token.
     */
    private int paddingId(ModelConfig config, Tokenizer tokenizer) {
        return saidPadding(config)
                .orElseGet(() -> tokenizer
                        .specialTokens()
                        .pad()
                        .orElseGet(() -> tokenizer.specialTokens().eos().orElse(0)));
    }

    /** What config.json says, or means, fills rows. */
    private OptionalInt saidPadding(ModelConfig config) {
        final int said = config.json().has(PADDING) ? config.integer(PADDING, -1) : usualPadding();
        return said >= 0 ? OptionalInt.of(said) : OptionalInt.empty(); // Old checkpoints of Llama write -1 for none.
    }

    /** The token that fills rows where config.json doesn't mention one; -1 for none. */
    int usualPadding() {
        return -1;
    }

    /** Whether positions are looked up in a table, beyond whose end there are none. */
    boolean looksUpPositions() {
        return false;
    }

    private static int endId(AssemblyRequest request, Tokenizer tokenizer) {
        final ModelConfig config = request.config();
        if (tokenizer.specialTokens().eos().isPresent()) {
            return tokenizer.specialTokens().eos().getAsInt();
        }
        if (config.has("eos_token_id")) {
            return config.json().get("eos_token_id").isJsonArray()
                    ? config.integers("eos_token_id", List.of()).get(0)
                    : config.integer("eos_token_id", 0);
        }
        throw new FinetuneException("Neither tokenizer_config.json (eos_token) nor config.json (eos_token_id) in "
                + request.directory() + " says which token ends a text; add it to either.");
    }

    private JsonObject savedConfig(Plan plan, AssemblyRequest request, List<String> labels, int padding) {
        final JsonObject json = request.config().json();
        final boolean writes = request.head() instanceof Head.CausalLm;
        final JsonArray architectures = new JsonArray();
        architectures.add(
                writes ? architectures(request.config()).writing : architectures(request.config()).classifying);
        json.add("architectures", architectures);
        if (writes && !plan.tied) {
            json.addProperty("tie_word_embeddings", false); // Whatever it said: both are saved.
        }
        if (!writes) {
            HeadConfig.write(json, request.head(), labels);
        }
        if (!writes && !endsWithRow(request)) {
            json.addProperty(PADDING, padding); // Transformers' classifiers find a text's end by it.
        }
        json.remove("torch_dtype");
        json.addProperty("dtype", "float32");
        return json;
    }
}
