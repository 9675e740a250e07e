package dev.finetune.bert;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.checkpoint.ModelGraph;
import dev.finetune.checkpoint.StoredTensor;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Configurations of exported encoders that come without config.json: from the shapes of their weights, and from the graph
 * what these don't tell. What can't be known is refused, since a guess would compute something else.
 *
 * @param type the value of model_type
 * @param prefix of the base model, with the dot
 * @param stem of the architectures' names
 * @param names of the encoder's parameters
 */
record GraphConfigs(String type, String prefix, String stem, EncoderNames names) {
    private static final String WORDS = "embeddings.word_embeddings.weight";
    private static final String POSITIONS = "embeddings.position_embeddings.weight";
    private static final String TYPES = "embeddings.token_type_embeddings.weight";

    /** What only RoBERTa's graphs have: positions are counted over what isn't padding. */
    private static final String COUNTS = "CumSum";

    private static final int CLASS_DIMENSIONS = 2;

    /** Those of a BERT; RoBERTa's layers have the same names. */
    static Optional<JsonObject> bert(Weights weights) {
        return weights.graph()
                .filter(graph -> !new GraphFacts(graph).has(COUNTS))
                .flatMap(graph ->
                        new GraphConfigs("bert", "bert.", "Bert", EncoderNames.bert("bert")).describe(weights, graph));
    }

    /** Those of a RoBERTa. */
    static Optional<JsonObject> roberta(Weights weights) {
        return weights.graph()
                .filter(graph -> new GraphFacts(graph).has(COUNTS))
                .flatMap(graph -> new GraphConfigs("roberta", "roberta.", "Roberta", EncoderNames.bert("roberta"))
                        .describe(weights, graph));
    }

    /** Those of a DistilBERT. */
    static Optional<JsonObject> distilBert(Weights weights) {
        return weights.graph()
                .flatMap(graph -> new GraphConfigs("distilbert", "distilbert.", "DistilBert", EncoderNames.distilBert())
                        .describe(weights, graph));
    }

    private Optional<JsonObject> describe(Weights weights, ModelGraph graph) {
        if (!has(weights, WORDS) || !has(weights, POSITIONS) || !has(weights, layer(0, names.query()) + ".weight")) {
            return Optional.empty();
        }
        final GraphFacts facts = new GraphFacts(graph);
        final long[] words = shape(weights, WORDS);
        final long hidden = shape(weights, layer(0, names.query()) + ".weight")[0];
        if (words[1] != hidden) {
            return Optional.empty(); // Embeddings of another width, as ELECTRA has.
        }
        final long layers = IntStream.iterate(0, i -> i + 1)
                .takeWhile(i -> has(weights, layer(i, names.query()) + ".weight"))
                .count();
        final JsonObject config = new JsonObject();
        config.addProperty("model_type", type);
        config.addProperty("vocab_size", words[0]);
        config.addProperty("hidden_size", hidden);
        config.addProperty("num_hidden_layers", layers);
        config.addProperty(
                "num_attention_heads",
                facts.heads(hidden)
                        .orElseThrow(() -> unknown(weights, "how many attention heads it has", "num_attention_heads")));
        config.addProperty("max_position_embeddings", shape(weights, POSITIONS)[0]);
        final long intermediate = shape(weights, layer(0, names.up()) + ".weight")[0];
        final String activation = facts.activationAfter(layer(0, names.up()) + ".bias")
                .orElseThrow(() -> unknown(weights, "its activation function", "hidden_act"));
        final double epsilon =
                facts.epsilon().orElseThrow(() -> unknown(weights, "the epsilon of its layer norms", "layer_norm_eps"));
        if (type.equals("distilbert")) {
            config.addProperty("hidden_dim", intermediate);
            config.addProperty("activation", activation);
        } else {
            config.addProperty("intermediate_size", intermediate);
            config.addProperty("hidden_act", activation);
            config.addProperty("layer_norm_eps", epsilon);
            if (!has(weights, TYPES)) {
                throw unknown(weights, "what it adds for token types", "type_vocab_size");
            }
            config.addProperty("type_vocab_size", shape(weights, TYPES)[0]);
        }
        if (type.equals("roberta")) {
            config.addProperty(
                    "pad_token_id",
                    facts.padding().orElseThrow(() -> unknown(weights, "the id of its padding", "pad_token_id")));
        }
        addHead(config, weights, graph);
        return Optional.of(config);
    }

    private void addHead(JsonObject config, Weights weights, ModelGraph graph) {
        final Set<String> stored = weights.names();
        final String outputs = type.equals("roberta") && stored.contains("classifier.out_proj.weight")
                ? "classifier.out_proj.weight"
                : "classifier.weight";
        String suffix = "Model";
        if (stored.contains("qa_outputs.weight")) {
            suffix = "ForQuestionAnswering";
        } else if (stored.contains(outputs)) {
            config.addProperty("num_labels", shape(weights, outputs)[0]);
            suffix = isOfTexts(stored, weights, graph) ? "ForSequenceClassification" : "ForTokenClassification";
        } else if (stored.stream().anyMatch(GraphConfigs::isOfMaskedLm)) {
            suffix = "ForMaskedLM";
        }
        final JsonArray architectures = new JsonArray();
        architectures.add(stem + suffix);
        config.add("architectures", architectures);
    }

    /** Whether a classifier is one of whole texts: by its layers' names, else by its output's dimensions. */
    private static boolean isOfTexts(Set<String> stored, Weights weights, ModelGraph graph) {
        if (stored.contains("classifier.out_proj.weight") || stored.contains("pre_classifier.weight")) {
            return true;
        }
        if (graph.outputs().values().stream().allMatch(dimensions -> dimensions < 0)) {
            throw unknown(
                    weights, "whether it classifies texts or tokens, for its outputs have no shapes", "architectures");
        }
        return graph.outputs().containsValue(CLASS_DIMENSIONS);
    }

    private static boolean isOfMaskedLm(String name) {
        return name.startsWith("cls.predictions.")
                || name.startsWith("lm_head.")
                || name.startsWith("vocab_transform.");
    }

    private String layer(int number, String part) {
        return String.format(Locale.ROOT, names.layer(), number) + "." + part;
    }

    private boolean has(Weights weights, String name) {
        return weights.names().contains(prefix + name) || weights.names().contains(name);
    }

    private long[] shape(Weights weights, String name) {
        final StoredTensor stored = weights.describe(weights.names().contains(prefix + name) ? prefix + name : name);
        if (stored.shape().length != 2) {
            throw new FinetuneException(stored.file() + ": '" + stored.name()
                    + "' should be a matrix, and has the shape " + Arrays.toString(stored.shape()) + ".");
        }
        return stored.shape();
    }

    private static FinetuneException unknown(Weights weights, String what, String key) {
        return new FinetuneException(weights.files().get(0) + ": the graph doesn't tell " + what
                + ", and there is no config.json beside it that says. Put the model's config.json there (with \"" + key
                + "\" in it).");
    }
}
