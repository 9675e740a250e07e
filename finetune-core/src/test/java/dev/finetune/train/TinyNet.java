package dev.finetune.train;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Activation;
import dev.finetune.nn.Attention;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Made;
import dev.finetune.nn.Module;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** A transformer of a few hundred parameters over 16 symbols, with dropout wherever one can be. */
final class TinyNet {
    static final int CLASSES = 3;
    static final int SYMBOLS = 16;
    private static final int WIDTH = 8;

    private TinyNet() {}

    static Network of(long seed, int layers, double dropout) {
        return of(seed, layers, dropout, SYMBOLS);
    }

    /** One that knows more symbols. */
    static Network of(long seed, int layers, double dropout, int symbols) {
        final Made made = new Made(seed);
        final List<Stage> stages = new ArrayList<>();
        stages.add(new Symbols(made, dropout, symbols));
        for (int i = 0; i < layers; i++) {
            stages.add(new Layer(made, i, dropout));
        }
        return new Network(stages, new Head(made, dropout));
    }

    /** Rows of symbols, padded to the longest; the class of a row is its first symbol modulo 3. */
    static HostBatch batch(List<Encoded> rows) {
        final int length = rows.stream().mapToInt(Encoded::length).max().orElse(0);
        final long[] ids = new long[rows.size() * length];
        final long[] labels = new long[rows.size()];
        for (int i = 0; i < rows.size(); i++) {
            final List<Integer> symbols = ((Rows.Row) rows.get(i)).symbols();
            for (int j = 0; j < symbols.size(); j++) {
                ids[i * length + j] = symbols.get(j);
            }
            labels[i] = symbols.get(0) % CLASSES;
        }
        return new HostBatch(
                Map.of(
                        "input_ids", new HostTensor.Longs(ids, rows.size(), length),
                        "labels", new HostTensor.Longs(labels, rows.size())),
                rows);
    }

    private static final class Symbols implements Stage {
        private final Embedding embedding;
        private final Dropout dropout;

        Symbols(ParameterSource source, double dropout, int symbols) {
            this.embedding = new Embedding(source.at("symbols"), symbols, WIDTH, 0, Init.normal(0.3));
            this.dropout = new Dropout(dropout);
        }

        @Override
        public String name() {
            return "symbols";
        }

        @Override
        public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
            try (TensorScope scope = TensorScope.open()) {
                return scope.keep(dropout.forward(embedding.forward(batch.get("input_ids"), context), context));
            }
        }

        @Override
        public Optional<HiddenLayout> layout() {
            return Optional.of(HiddenLayout.positions("attention_mask"));
        }

        @Override
        public List<Parameter> parameters() {
            return embedding.parameters();
        }
    }

    private static final class Layer implements Stage {
        private final String name;
        private final Linear in;
        private final Linear out;
        private final LayerNorm norm;
        private final Attention attention;
        private final Dropout dropout;

        Layer(ParameterSource source, int index, double dropout) {
            this.name = "layer." + index;
            this.in = new Linear(source.at(name + ".in"), WIDTH, WIDTH, Init.normal(0.3));
            this.out = new Linear(source.at(name + ".out"), WIDTH, WIDTH, Init.normal(0.3));
            this.norm = new LayerNorm(source.at(name + ".norm"), WIDTH, 1e-5);
            this.dropout = new Dropout(dropout);
            this.attention = new Attention(2, this.dropout);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
            final Tensor mapped = in.forward(input, context);
            final Tensor mixed = attention.forward(mapped, mapped, input, null, context);
            final Tensor changed = dropout.forward(Activation.GELU.forward(out.forward(mixed, context)), context);
            return norm.forward(input.add(changed));
        }

        @Override
        public Optional<HiddenLayout> layout() {
            return Optional.of(HiddenLayout.positions("attention_mask"));
        }

        @Override
        public List<Parameter> parameters() {
            return Module.parametersOf(List.of(in, out, norm));
        }
    }

    private static final class Head implements HeadModule {
        private final Linear linear;
        private final Dropout dropout;

        Head(ParameterSource source, double dropout) {
            this.dropout = new Dropout(dropout);
            this.linear = new Linear(source.at("classifier"), WIDTH, CLASSES, Init.normal(0.3));
        }

        @Override
        public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
            return Map.of("logits", linear.forward(dropout.forward(hidden.mean(1), context), context));
        }

        @Override
        public List<Parameter> parameters() {
            return linear.parameters();
        }
    }
}
