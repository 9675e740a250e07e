package dev.finetune.letters;

import dev.finetune.nn.Activation;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** The parts of a network of letters; hidden states are (batch, letters, width). */
final class LettersStages {
    private static final HiddenLayout LAYOUT = HiddenLayout.positions("mask");

    private LettersStages() {}

    /** A vector a letter. */
    static final class Vectors implements Stage {
        private final Embedding embedding;

        Vectors(ParameterSource source, int width) {
            this.embedding = new Embedding(source, LettersFamily.SYMBOLS, width, 0, Init.normal(0.5));
        }

        @Override
        public String name() {
            return "embeddings";
        }

        @Override
        public Tensor forward(Tensor nothing, Batch batch, ForwardContext context) {
            return embedding.forward(batch.get("letters"), context);
        }

        @Override
        public Optional<HiddenLayout> layout() {
            return Optional.of(LAYOUT);
        }

        @Override
        public List<Parameter> parameters() {
            return embedding.parameters();
        }
    }

    /** norm(x + dropout(gelu(W x + b))). */
    static final class Layer implements Stage {
        private final String name;
        private final Linear dense;
        private final LayerNorm norm;
        private final Dropout dropout;

        Layer(ParameterSource source, int index, int width, double dropout) {
            this.name = "layer." + index;
            this.dense = new Linear(source.at(name + ".dense"), width, width, Init.normal(0.3));
            this.norm = new LayerNorm(source.at(name + ".norm"), width, 1e-5);
            this.dropout = new Dropout(dropout);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
            final Tensor changed = dropout.forward(Activation.GELU.forward(dense.forward(input, context)), context);
            return norm.forward(input.add(changed));
        }

        @Override
        public Optional<HiddenLayout> layout() {
            return Optional.of(LAYOUT);
        }

        @Override
        public List<Parameter> parameters() {
            return Module.parametersOf(List.of(dense, norm));
        }
    }

    /** The mean of what a row's own letters give, (batch, width). */
    private static Tensor mean(Tensor hidden, Batch batch) {
        final Tensor mask = batch.get("mask").unsqueeze(2);
        return hidden.mul(mask).sum(1).div(mask.sum(1));
    }

    /** "logits" (batch, outputs), and "pooled" (batch, width), what they are made of. */
    static final class Classifier implements HeadModule {
        private final Linear linear;

        Classifier(ParameterSource source, int width, int outputs, Init init) {
            this.linear = new Linear(source, width, outputs, init);
        }

        @Override
        public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
            final Tensor pooled = mean(hidden, batch);
            return Map.of("logits", linear.forward(pooled, context), "pooled", pooled);
        }

        @Override
        public List<Parameter> parameters() {
            return linear.parameters();
        }
    }

    /** "embeddings" (batch, width). */
    static final class Mean implements HeadModule {
        @Override
        public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
            return Map.of("embeddings", mean(hidden, batch));
        }

        @Override
        public List<Parameter> parameters() {
            return List.of();
        }
    }
}
