package dev.finetune.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.nn.OperatorGraph.Elements;
import dev.finetune.nn.OperatorGraph.Node;
import dev.finetune.nn.OperatorGraph.Port;
import dev.finetune.nn.OperatorGraph.Size;
import dev.finetune.nn.OperatorGraph.Value;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class OperatorGraphTest {
    private final OperatorGraph graph = new OperatorGraph(Set.of("x"));
    private final Value input = graph.input("x", Elements.FLOAT, Size.open("batch"), Size.fixed(3));

    @Test
    void anOutputTakesItsNameWhereverItIsRead() {
        final Value sum = graph.apply("Add", input, graph.number(1));
        final Value product = graph.apply("Mul", sum, sum);
        graph.output("first", sum, Size.open("batch"));
        graph.output("second", product, Size.open("batch"));

        assertThat(graph.nodes().stream().map(Node::outputs)).containsExactly(List.of("first"), List.of("second"));
        assertThat(graph.nodes().get(1).inputs()).containsExactly("first", "first");
        assertThat(graph.outputs().stream().map(Port::name)).containsExactly("first", "second");
    }

    @Test
    void whatSeveralReadIsDrawnOnce() {
        assertThat(graph.number(0.5)).isEqualTo(graph.number(0.5)).isNotEqualTo(graph.number(1));
        assertThat(graph.wholes(1, -1)).isEqualTo(graph.wholes(1, -1)).isNotEqualTo(graph.wholes(1));
        graph.perRow(input, -1, 3);
        graph.perRow(input, -1, 3);

        assertThat(graph.nodes().stream().map(Node::operator)).containsExactly("Shape", "Concat", "Reshape", "Reshape");
    }

    private record Silent() implements Stage {
        @Override
        public String name() {
            return "layer.7";
        }

        @Override
        public Tensor forward(Tensor in, Batch batch, ForwardContext context) {
            return in;
        }

        @Override
        public List<Parameter> parameters() {
            return List.of();
        }
    }

    private record Mute() implements HeadModule {
        @Override
        public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
            return Map.of();
        }

        @Override
        public List<Parameter> parameters() {
            return List.of();
        }
    }

    @Test
    void aStageOrHeadThatDoesntSayWhatItIsIsRefusedByName() {
        final Network stage = new Network(List.of(new Silent()), new Mute());
        assertThatThrownBy(() -> stage.draw(Set.of()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("layer.7")
                .hasMessageContaining("Stage.draw");

        final Network head = new Network(List.of(), new Mute());
        assertThatThrownBy(() -> head.draw(Set.of()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(Mute.class.getName())
                .hasMessageContaining("HeadModule.draw");
    }
}
