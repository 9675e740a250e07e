package dev.finetune.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostTensor;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever reads texts computes in ONNX Runtime, over random rows and lengths, what it computes here; and loads again
 * from the file.
 */
class ExportedTextsTest {
    private static final List<String> FAMILIES = List.of(
            "bert", "distilbert", "roberta", "xlm-roberta", "electra", "mpnet", "albert", "modernbert", "deberta-v2");

    @TempDir
    private Path folder;

    private static Map<String, Head> heads() {
        final Map<String, Head> heads = new LinkedHashMap<>();
        heads.put("classes", Heads.classes("a", "b", "c"));
        heads.put("multi-label", Heads.multiLabel("a", "b"));
        heads.put("regression", Heads.regression());
        heads.put("tokens", Heads.tokens("O", "B-X", "I-X"));
        heads.put("questions", Heads.questionAnswering());
        heads.put("masked-lm", Heads.maskedLm());
        heads.put("first", Heads.features(Pooling.CLS));
        heads.put("mean", Heads.features(Pooling.MEAN));
        return heads;
    }

    @TestFactory
    Stream<DynamicTest> everyFamilyComputesTheSameUnderEveryHead() {
        return FAMILIES.stream()
                .flatMap(family -> heads().entrySet().stream()
                        .map(head -> dynamicTest(
                                family + ", " + head.getKey(),
                                () -> check(
                                        Models.text(family + "-sequence-classification"),
                                        head.getValue(),
                                        folder.resolve(family + "-" + head.getKey())))));
    }

    @TestFactory
    Stream<DynamicTest> soItIsUnderAHeadThatReadsPooledVectors() {
        return Stream.of("bert", "distilbert", "modernbert")
                .flatMap(family -> Stream.of("mean", "cls")
                        .map(pooling -> dynamicTest(
                                family + ", " + pooling,
                                () -> check(
                                        pooled(family, pooling),
                                        Heads.classes("a", "b", "c"),
                                        folder.resolve(family + "-" + pooling + "-exported")))));
    }

    /** A copy of a checkpoint as few-shot learning may leave it. */
    private Path pooled(String family, String pooling) throws IOException {
        final Path from = Models.text(family + "-sequence-classification");
        final Path to = Files.createDirectory(folder.resolve(family + "-" + pooling));
        for (String name : List.of("model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
            Files.copy(from.resolve(name), to.resolve(name));
        }
        final String config = Files.readString(from.resolve("config.json"));
        Files.writeString(
                to.resolve("config.json"), config.replaceFirst("\\{", "{\"finetune_pooling\": \"" + pooling + "\","));
        return to;
    }

    private static void check(Path checkpoint, Head head, Path exported) {
        try (FineTuned<?> model = open(checkpoint, head)) {
            Models.shake(model, 5);
            model.exportOnnx(exported);
            final SplittableRandom random = new SplittableRandom(17);
            try (OnnxRuntime runtime = OnnxRuntime.open(exported);
                    FineTuned<?> again = open(exported, head)) {
                for (int length : List.of(2, 1, 9, 40)) {
                    final int rows = 1 + random.nextInt(4);
                    final Map<String, HostTensor> batch = Models.tokens(model, rows, length, random);
                    final Map<String, float[]> ours = Models.outputs(model, batch);
                    Models.assertSame(ours, runtime.run(batch), Models.shown(head, batch));
                    ours.forEach((name, values) -> assertThat(
                                    Models.outputs(again, batch).get(name))
                            .as("%s, loaded again", name)
                            .isEqualTo(values));
                }
            }
        }
    }

    private static FineTuned<?> open(Path checkpoint, Head head) {
        final FineTuner tuner = FineTuner.from(checkpoint).head(head);
        if (head instanceof Head.Tokens) {
            return tuner.untrained(Words.class);
        }
        return head instanceof Head.QuestionAnswering ? tuner.untrained(Question.class) : tuner.untrained(Text.class);
    }
}
