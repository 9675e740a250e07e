package com.example.stars;

import com.google.gson.JsonObject;
import dev.finetune.checkpoint.CheckpointParameters;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Init;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.ModelConfig;
import dev.finetune.spi.ModelFamily;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** Vectors of events, their mean, and one number of it. */
public final class StarsFamily implements ModelFamily {
    @Override
    public String name() {
        return "stars";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("stars");
    }

    @Override
    public boolean recognises(ModelConfig config) {
        return modelTypes().contains(config.string("model_type", ""));
    }

    @Override
    public Optional<Head> savedHead(ModelConfig config) {
        return config.has("stars") ? Optional.of(new Rating(config.integer("stars", 5))) : Optional.empty();
    }

    @Override
    public Assembly<?> assemble(AssemblyRequest request) {
        if (!(request.head() instanceof Rating head)) {
            throw new FinetuneException("A stars model rates only; give it head(new Rating(5)), not " + request.head() + ".");
        }
        int events = request.config().size("events", 0);
        int width = request.config().size("hidden_size", 0);
        Optional<Weights> weights =
                request.loadWeights() ? Optional.of(Weights.open(request.directory())) : Optional.empty();
        try {
            CheckpointParameters source = new CheckpointParameters(
                    weights,
                    new CheckpointParameters.Naming(
                            "stars",
                            name -> name.startsWith("events."),
                            name -> false,
                            name -> name.startsWith("rating."),
                            request.rows(),
                            Map.of(),
                            name -> name.startsWith("events.")),
                    request.seed());
            Init init = Init.normal(0.5);
            Network network = new Network(
                    List.of(new Events(new Embedding(source.at("events"), events, width, 0, init))),
                    new Mean(new Linear(source.at("rating"), width, 1, init)));
            JsonObject config = request.config().json();
            config.addProperty("stars", head.most());
            return new Assembly<>(network, new VisitEncoder(), new RatingTask(head), source.report(), config);
        } finally {
            weights.ifPresent(Weights::close);
        }
    }

    private record Events(Embedding vectors) implements Stage {
        @Override
        public String name() {
            return "events";
        }

        @Override
        public Tensor forward(Tensor nothing, Batch batch, ForwardContext context) {
            return vectors.forward(batch.get("events"), context);
        }

        @Override
        public Optional<HiddenLayout> layout() {
            return Optional.of(HiddenLayout.positions("mask"));
        }

        @Override
        public List<Parameter> parameters() {
            return vectors.parameters();
        }
    }

    /** "score" (batch). */
    private record Mean(Linear rating) implements HeadModule {
        @Override
        public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
            Tensor mask = batch.get("mask").unsqueeze(2);
            Tensor mean = hidden.mul(mask).sum(1).div(mask.sum(1));
            return Map.of("score", rating.forward(mean, context).squeeze(1));
        }

        @Override
        public List<Parameter> parameters() {
            return rating.parameters();
        }
    }
}
