package dev.finetune.letters;

import com.google.gson.JsonObject;
import dev.finetune.checkpoint.CheckpointParameters;
import dev.finetune.checkpoint.Weights;
import dev.finetune.head.Head;
import dev.finetune.nn.Init;
import dev.finetune.nn.Network;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import dev.finetune.peft.LayerNames;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.HeadConfig;
import dev.finetune.spi.ModelConfig;
import dev.finetune.spi.ModelFamily;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The family that core's own tests train: vectors of letters, layers, and a head on their mean. */
public final class LettersFamily implements ModelFamily {
    static final int SYMBOLS = 28;

    @Override
    public String name() {
        return "letters";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("letters");
    }

    @Override
    public boolean recognises(ModelConfig config) {
        return modelTypes().contains(config.string("model_type", ""));
    }

    @Override
    public Optional<Head> savedHead(ModelConfig config) {
        return HeadConfig.names(config) ? Optional.of(HeadConfig.read(config)) : Optional.empty();
    }

    @Override
    public LayerNames layerNames(ModelConfig config) {
        return new LayerNames(List.of("dense"), List.of("dense"), List.of(), List.of("classifier"));
    }

    @Override
    public Assembly<?> assemble(AssemblyRequest request) {
        final Optional<Weights> weights =
                request.loadWeights() ? Optional.of(Weights.open(request.weights())) : Optional.empty();
        try {
            final CheckpointParameters source = new CheckpointParameters(
                    weights,
                    new CheckpointParameters.Naming(
                            "letters",
                            name -> name.startsWith("letters."),
                            name -> false,
                            name -> name.startsWith("classifier."),
                            request.rows(),
                            Map.of(),
                            name -> name.startsWith("letters.")),
                    request.seed());
            final Task task = Task.ofWholeInput(request.head(), request.loss());
            final Network network = request.adaptation().build(source, parameters -> network(request, parameters));
            final JsonObject config = request.config().json();
            if (request.head().pooling().isEmpty()) {
                HeadConfig.write(config, request.head(), task.labels());
            }
            return new Assembly<>(
                    network, new LettersEncoder(task.targets(), request.maxLength()), task, source.report(), config);
        } finally {
            weights.ifPresent(Weights::close);
        }
    }

    private static Network network(AssemblyRequest request, ParameterSource source) {
        final ModelConfig config = request.config();
        final int width = config.size("hidden_size", 0);
        final double dropout = Double.isNaN(request.dropout()) ? config.number("dropout", 0) : request.dropout();
        final ParameterSource trunk = source.at("letters");
        final List<Stage> stages = new ArrayList<>();
        stages.add(new LettersStages.Vectors(trunk.at("embeddings"), width));
        for (int i = 0; i < config.size("layers", 0); i++) {
            stages.add(new LettersStages.Layer(trunk, i, width, dropout));
        }
        return new Network(
                stages,
                request.head().pooling().isPresent()
                        ? new LettersStages.Mean()
                        : new LettersStages.Classifier(
                                source.at("classifier"), width, request.head().rows(), Init.normal(0.1)));
    }
}
