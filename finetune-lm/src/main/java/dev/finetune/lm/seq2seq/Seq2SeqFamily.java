package dev.finetune.lm.seq2seq;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.batch.MemoryFormat;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.checkpoint.CheckpointParameters;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.lm.generate.ModelGeneration;
import dev.finetune.lm.head.LmTask;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerKind;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.HeadConfig;
import dev.finetune.spi.LanguageModelFamily;
import dev.finetune.spi.ModelConfig;
import dev.finetune.task.LossOptions;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What families of an encoder and a decoder share: how a network, its encoder of inputs and its task are put together.
 *
 * @param <C> everything in a config.json that changes the computation
 */
abstract class Seq2SeqFamily<C> implements LanguageModelFamily {
    private static final int DEFAULT_MAX_LENGTH = 512;

    /** What this library calls the bound of what is written, of which Transformers' configurations say nothing. */
    private static final String MAX_TARGET = "finetune_max_target";

    /** What a config.json describes; a dropout that isn't NaN replaces its own. */
    abstract C config(ModelConfig config, double dropout);

    /** What the network reads and writes. */
    abstract TokenSettings tokens(C config);

    /** What a checkpoint calls its tensors. */
    abstract Names names();

    /**
     * The network.
     *
     * @param tied whether the output layer shares the words' embeddings
     * @param source of all parameters
     * @param loss label smoothing
     */
    abstract Network network(C config, boolean tied, ParameterSource source, LossOptions loss);

    @Override
    public boolean recognises(ModelConfig config) {
        return modelTypes().contains(config.string("model_type", ""));
    }

    @Override
    public Optional<Head> savedHead(ModelConfig config) {
        final String architecture =
                config.strings("architectures").stream().findFirst().orElse("");
        final Head.Seq2SeqLm head = Heads.seq2SeqLm();
        return architecture.endsWith("ForConditionalGeneration")
                ? Optional.of(head.withMaxTarget(config.size(MAX_TARGET, head.maxTarget())))
                : Optional.empty();
    }

    @Override
    public Assembly<?> assemble(AssemblyRequest request) {
        final Head.Seq2SeqLm head = checked(request);
        refuseSharedWords(request);
        final C config = config(request.config(), request.dropout());
        final Optional<Weights> weights =
                request.loadWeights() ? Optional.of(Weights.open(request.weights())) : Optional.empty();
        try {
            final boolean tied = names().tied(weights);
            final CheckpointParameters source = new CheckpointParameters(
                            weights, names().naming(request, tied), request.seed())
                    .keepingBfloat16(request.adaptation().keepsBase());
            final Network network =
                    request.adaptation().build(source, adapted -> network(config, tied, adapted, request.loss()));
            try {
                return assembly(request, head, tokens(config), network, source);
            } catch (RuntimeException | Error e) {
                network.close();
                throw e;
            }
        } finally {
            weights.ifPresent(Weights::close);
        }
    }

    private Assembly<Text> assembly(
            AssemblyRequest request,
            Head.Seq2SeqLm head,
            TokenSettings settings,
            Network network,
            CheckpointParameters source) {
        final Tokenizer tokenizer = Tokenizer.open(request.directory());
        try {
            return new Assembly<>(
                    network,
                    encoder(request, head, settings, tokenizer),
                    new LmTask(head, false, tokenizer::tokenOrNumber),
                    source.report(),
                    savedConfig(request.config(), head));
        } catch (RuntimeException | Error e) {
            tokenizer.close();
            throw e;
        }
    }

    /** Transformers' encoder and decoder each have the words by a name of their own, and read those; PEFT goes by names. */
    private void refuseSharedWords(AssemblyRequest request) {
        final String words = names().full("shared");
        if (request.adaptation()
                .method()
                .filter(how -> how.adapts(words, new LayerKind.Embedding()) || how.trains(words + ".weight", Set.of()))
                .isPresent()) {
            throw new FinetuneException("An adapter that adapts or trains \"" + words
                    + "\" does nothing in PEFT, whose encoder and decoder read the same embeddings under other names, and"
                    + " isn't supported: name other layers.");
        }
    }

    private Head.Seq2SeqLm checked(AssemblyRequest request) {
        if (request.memoryFormat() != MemoryFormat.AUTO) {
            throw new FinetuneException("execution(e -> e.memoryFormat(" + request.memoryFormat()
                    + ")) says how pictures lie in memory, and this model reads texts: leave it out.");
        }
        if (request.inputSettings().isPresent()) {
            throw new FinetuneException("inputs(" + request.inputSettings().get()
                    + "): a model that reads one text and writes another has each in a row of its own; LmInputs is for models"
                    + " that go on with a text (Heads.causalLm()). Leave it out; maxLength(...) and withMaxTarget(...) bound"
                    + " the rows.");
        }
        if (request.augmentations().stream().anyMatch(each -> each.inputType() == Text.class)) {
            throw new FinetuneException("augment(" + request.augmentations()
                    + "): what a text is to be written for isn't changed at random; leave it out.");
        }
        if (request.head() instanceof Head.Seq2SeqLm head) {
            return head;
        }
        throw new FinetuneException("This model reads one text and writes another; it has no head for "
                + request.head().kind() + ", only Heads.seq2SeqLm().");
    }

    private static Seq2SeqEncoder encoder(
            AssemblyRequest request, Head.Seq2SeqLm head, TokenSettings settings, Tokenizer tokenizer) {
        tokenizer.checkEmbeddings(settings.vocabulary(), request.directory());
        if (request.maxLength() > settings.longest()) {
            throw new FinetuneException("maxLength(" + request.maxLength() + "): the model reads at most "
                    + settings.longest() + " tokens (max_position_embeddings in its config.json).");
        }
        if (head.maxTarget() > settings.longest()
                && head.maxTarget() != Heads.seq2SeqLm().maxTarget()) {
            throw new FinetuneException("withMaxTarget(" + head.maxTarget() + "): the model writes at most "
                    + settings.longest() + " tokens (max_position_embeddings in its config.json).");
        }
        final int most = Math.min(settings.longest(), tokenizer.modelMaxLength().orElse(Integer.MAX_VALUE));
        final int maxSource = request.maxLength() > 0 ? request.maxLength() : Math.min(DEFAULT_MAX_LENGTH, most);
        return new Seq2SeqEncoder(
                tokenizer,
                settings,
                maxSource,
                Math.min(head.maxTarget(), settings.longest()),
                ModelGeneration.read(request.directory(), request.config().json()));
    }

    /** The output layer, which shares the words' embeddings or not. */
    static Linear output(boolean tied, Parameter words, Init init, int vocabulary, int hidden, ParameterSource source) {
        return new Linear(
                tied ? words : source.weight(new LayerKind.Output(), Names.OUTPUT, init, vocabulary, hidden), null);
    }

    private JsonObject savedConfig(ModelConfig config, Head.Seq2SeqLm head) {
        final JsonObject json = config.json();
        final JsonArray architectures = new JsonArray();
        architectures.add(names().architecture() + "ForConditionalGeneration");
        json.add("architectures", architectures);
        HeadConfig.write(json, head, List.of());
        json.addProperty(MAX_TARGET, head.maxTarget());
        json.remove("torch_dtype");
        json.addProperty("dtype", "float32");
        return json;
    }
}
