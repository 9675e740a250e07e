package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import dev.finetune.Adapters;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.MemoryFormat;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.freeze.Layers;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.head.Prediction;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import dev.finetune.search.Search;
import dev.finetune.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What can't be done is refused before any training, in words that say what to change. */
class RefusalsTest {
    @TempDir
    private Path folder;

    /** Refused with these words, and nothing that had been loaded by then is left to the garbage collector. */
    private static void isRefused(ThrowingCallable call, String... words) {
        Tensors.cpu(); // Made once a process.
        final long before = Pointer.totalCount();
        assertThatThrownBy(call)
                .isInstanceOf(FinetuneException.class)
                .satisfies(thrown -> assertThat(thrown.getMessage()).contains(words));
        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }

    @Test
    void aCheckpointThatLacksATensorIsRefusedAndAllOfItFreed() {
        final Path deeper = Checkpoints.configured(
                "bert-sequence-classification",
                folder.resolve("deep"),
                config -> config.addProperty("num_hidden_layers", 4));
        isRefused(() -> FineTuner.from(deeper).head(2).fitAll(Jobs.data(8, 1)), "it lacks bert.encoder.layer.");
        isRefused(
                () -> FineTuner.from(deeper).lora(Lora.rank(2)).head(2).fitAll(Jobs.data(8, 1)),
                "it lacks bert.encoder.layer.");
    }

    @Test
    void aCheckpointWithMoreOfTheEncoderThanIsBuiltIsRefusedAndAllOfItFreed() {
        final Path shallower = Checkpoints.configured(
                "bert-sequence-classification",
                folder.resolve("shallow"),
                config -> config.addProperty("num_hidden_layers", 2));
        isRefused(
                () -> FineTuner.from(shallower).head(2).fitAll(Jobs.data(8, 1)),
                "bert.encoder.layer.2.",
                "belong to the trunk",
                "its config.json describes a smaller one");
        isRefused(
                () -> FineTuner.from(shallower).lora(Lora.rank(2)).head(2).fitAll(Jobs.data(8, 1)),
                "bert.encoder.layer.2.");
    }

    @ParameterizedTest
    @CsvSource({
        "bert-sequence-classification, bert.encoder.layer.0.attention.self.distance_embedding.weight",
        "bert-sequence-classification, encoder.layer.0.crossattention.self.query.weight",
        "bert-sequence-classification, embeddings.task_type_embeddings.weight",
        "distilbert-sequence-classification, distilbert.transformer.layer.0.adapter.weight",
        "distilbert-sequence-classification, transformer.layer.0.adapter.weight",
        "roberta-sequence-classification, roberta.encoder.layer.0.attention.self.query_global.weight",
        "electra-sequence-classification, electra.encoder.rel_embeddings.weight",
    })
    void aTensorOfAnotherEncoderIsRefusedByName(String model, String tensor) {
        final Path related =
                Checkpoints.changed(model, folder.resolve("related"), tensors -> tensors.put(tensor, torch.ones(4)));
        isRefused(() -> FineTuner.from(related).untrained(Text.class).close(), tensor, "belong to the trunk");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bert-sequence-classification | per_layer_config | {\"0\": {\"hidden_act\": \"relu\"}}",
                "distilbert-sequence-classification | per_layer_config | {\"0\": {\"activation\": \"relu\"}}",
                "electra-sequence-classification | quantization_config | {\"load_in_8bit\": true}",
                "roberta-sequence-classification | quantization_config | {\"quant_method\": \"gptq\"}",
            })
    void settingsThatChangeLayersOrTheirNumbersAreRefusedByName(String model, String key, String value) {
        final Path changed = Checkpoints.configured(
                model, folder.resolve("changed"), config -> config.add(key, JsonParser.parseString(value)));
        isRefused(() -> FineTuner.from(changed).untrained(Text.class).close(), "\"" + key + "\"", "not supported");
    }

    /** As Transformers 5.18 computes it: an untied decoder reads decoder.bias, and cls.predictions.bias nobody. */
    @Test
    void anUntiedMaskedLmReadsTheDecodersOwnBias() {
        final Path untied = Checkpoints.changed("bert-masked-lm", folder.resolve("untied"), tensors -> {
            tensors.put(
                    "cls.predictions.decoder.weight",
                    tensors.get("bert.embeddings.word_embeddings.weight").clone());
            tensors.put(
                    "cls.predictions.decoder.bias",
                    torch.ones(tensors.get("cls.predictions.bias").size(0)));
        });
        Checkpoints.configure(untied, config -> config.addProperty("tie_word_embeddings", false));
        try (FineTuned<Text> model = FineTuner.from(untied).untrained(Text.class)) {
            final Parameter bias = model.assembly().network().parameters().stream()
                    .filter(parameter -> parameter.name().endsWith("decoder.bias"))
                    .findFirst()
                    .orElseThrow();
            assertThat(Tensors.floats(bias.value())).containsOnly(1);
        }
    }

    /** Transformers 5.18 reads BERT's keys in a DistilBERT's config.json, too, and they win. */
    @Test
    void aDistilBertUnderBertsKeysIsTheSame() {
        final String model = "distilbert-sequence-classification";
        final Path other = Checkpoints.configured(model, folder.resolve("keys"), config -> {
            config.add("num_attention_heads", config.get("n_heads"));
            config.add("num_hidden_layers", config.remove("n_layers"));
            config.add("hidden_size", config.remove("dim"));
            config.addProperty("n_heads", 1);
        });
        final Text text = Text.of("the product was great");
        try (FineTuned<Text> usual = FineTuner.from(Jobs.model(model)).untrained(Text.class);
                FineTuned<Text> under = FineTuner.from(other).untrained(Text.class)) {
            assertThat(under.predict(text).probabilities())
                    .isEqualTo(usual.predict(text).probabilities());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "bert-sequence-classification, cls.predictions.bias",
        "bert-sequence-classification, bert.embeddings.position_ids",
        "roberta-sequence-classification, roberta.pooler.dense.weight",
        "distilbert-sequence-classification, vocab_transform.weight",
        "electra-sequence-classification, discriminator_predictions.dense.weight",
    })
    void whatOtherHeadsAndBuffersLeaveIsNoError(String model, String tensor) {
        final Path other =
                Checkpoints.changed(model, folder.resolve("other"), tensors -> tensors.put(tensor, torch.ones(4)));
        FineTuner.from(other).untrained(Text.class).close();
    }

    /** Its head tells replaced tokens from others: no masked-language model's, whose rows would be random. */
    @Test
    void anElectraDiscriminatorIsNoMaskedLanguageModel() {
        final Path discriminator =
                Checkpoints.configured("electra-sequence-classification", folder.resolve("discriminator"), config -> {
                    final JsonArray architectures = new JsonArray();
                    architectures.add("ElectraForPreTraining");
                    config.add("architectures", architectures);
                });
        assertThatThrownBy(() -> FineTuned.load(discriminator))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("say what to predict", "architectures");
    }

    /** PEFT 0.21 with bias="all" writes the biases of a head of several layers under these names, beside their own. */
    @Test
    void biasesThatPeftSavesTwiceAreReadOnce() throws IOException {
        final FineTuner tuner = FineTuner.from(Jobs.model("roberta-sequence-classification"));
        final Path adapter = folder.resolve("adapter");
        try (FineTuned<Text> tuned =
                tuner.head("bad", "good").lora(Lora.rank(2)).fitAll(Jobs.data(8, 1))) {
            tuned.saveAdapter(adapter);
        }
        final Path file = adapter.resolve("adapter_model.safetensors");
        final Map<String, Tensor> tensors = new LinkedHashMap<>();
        try (Weights weights = Weights.open(file);
                TensorScope scope = TensorScope.open()) {
            for (String name : weights.names()) {
                tensors.put(name, weights.read(name).clone());
            }
            for (String twice : List.of("modules_to_save.default.dense.bias", "original_module.out_proj.bias")) {
                tensors.put("base_model.model.classifier." + twice, torch.ones(4));
            }
            SafetensorsWriter.write(folder.resolve("adapter.safetensors"), tensors, Map.of("format", "pt"));
        }
        Files.move(folder.resolve("adapter.safetensors"), file, StandardCopyOption.REPLACE_EXISTING);
        Files.delete(adapter.resolve("finetune-files.json")); // As if PEFT had saved it.
        tuner.adapter(adapter).untrained(Text.class).close();
    }

    @Test
    void anAdapterOfOtherLayersIsRefusedAndAllOfItFreed() throws IOException {
        final Path adapter = folder.resolve("adapter");
        try (FineTuned<Text> tuned =
                Jobs.classifier().lora(Lora.rank(2).targets("query", "value")).fitAll(Jobs.data(8, 1))) {
            tuned.saveAdapter(adapter);
        }
        final Path config = adapter.resolve("adapter_config.json");
        Files.writeString(config, Files.readString(config).replace("\"value\"", "\"key\""));
        Files.delete(adapter.resolve("finetune-files.json")); // The change is meant.
        try (Adapters<Text> tasks = Adapters.over(Jobs.classifier(), Text.class)) {
            isRefused(() -> tasks.add("reviews", Heads.classes("bad", "good"), adapter), "lacks", ".key.lora_A.weight");
        }
    }

    private static Dataset<Text> labelled(Label... labels) {
        return Dataset.of(
                Text.class,
                Stream.of(labels)
                        .map(label -> new Example<>(Text.of("great sound " + label), label))
                        .toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "is_decoder | true | only false is",
                "add_cross_attention | true | only false is",
                "position_embedding_type | \"relative_key\" | only absolute is",
                "pruned_heads | {\"0\": [1]} | not supported",
                "hidden_act | \"prelu\" | config.json: \"hidden_act\": The activation",
                "hidden_size | \"wide\" | a whole number",
                "hidden_size | -48 | must be positive",
                "num_attention_heads | 5 | multiple of the 5 attention heads",
                "hidden_dropout_prob | 1.5 | dropout probability",
                "model_type | \"t5\" | bert",
                "problem_type | \"ranking\" | ranking",
            })
    void aConfigurationThatIsNotSupportedIsRefusedByKeyOrValue(String key, String value, String expected) {
        final Path model = Checkpoints.configured(
                "bert-sequence-classification",
                folder.resolve("model"),
                config -> config.add(key, JsonParser.parseString(value)));
        final String shown = value.replaceAll("[\"{}]", "").strip();
        isRefused(
                () -> FineTuner.from(model).untrained(Text.class),
                expected,
                key.startsWith("num_") || key.endsWith("_prob") ? shown : expected);
    }

    @Test
    void aFolderThatIsNoModelIsRefusedWithWhatItLacks() throws IOException {
        isRefused(() -> FineTuner.from(folder).head(2).untrained(Text.class), "config.json", folder.toString());
        final Path broken = Files.createDirectories(folder.resolve("broken"));
        Files.writeString(broken.resolve("config.json"), "{\"model_type\": ");
        isRefused(() -> FineTuner.from(broken).head(2).untrained(Text.class), "config.json", "not valid JSON");
        final Path mute = Checkpoints.configured("bert-sequence-classification", folder.resolve("mute"), c -> {});
        Files.delete(mute.resolve("tokenizer.json"));
        Files.delete(mute.resolve("vocab.txt"));
        isRefused(() -> FineTuner.from(mute).untrained(Text.class), "tokenizer.json", "vocab.txt");
        final Path weightless =
                Checkpoints.configured("bert-sequence-classification", folder.resolve("weightless"), c -> {});
        Files.delete(weightless.resolve("model.safetensors"));
        isRefused(() -> FineTuner.from(weightless).untrained(Text.class), "model.safetensors");
    }

    @Test
    void aVocabularyOfAnotherSizeIsRefused() {
        final Path small = Checkpoints.configured(
                "bert-sequence-classification", folder.resolve("small"), c -> c.addProperty("vocab_size", 300));
        isRefused(() -> FineTuner.from(small).untrained(Text.class), "300");
    }

    @Test
    void labelsOfAnotherKindThanTheHeadsAreRefused() {
        final FineTuner tuner = Jobs.classifier();
        isRefused(
                () -> tuner.head(Heads.regression()).fitAll(labelled(Label.of("good"), Label.of("bad"))),
                "the head is for a number",
                "Label.of(number)");
        isRefused(
                () -> tuner.head("good", "bad").fitAll(labelled(Label.of(1.5), Label.of(2.5))),
                "the head is for one of 2 classes",
                "Label.of(\"name\")");
        isRefused(
                () -> tuner.head(Heads.multiLabel("good", "bad")).fitAll(labelled(Label.of("good"), Label.of("bad"))),
                "the head is for any of several labels",
                "Label.Categories");
        isRefused(
                () -> tuner.head("good", "bad")
                        .fitAll(labelled(
                                new Label.Categories(Set.of("good")), new Label.Categories(Set.of("bad", "good")))),
                "the head is for one of 2 classes");
        isRefused(
                () -> tuner.head(Heads.regression(2)).fitAll(labelled(Label.of(1.5), Label.of(2.5))),
                "predicts 2",
                "1");
    }

    @Test
    void labelsThatTheHeadDoesNotKnowAreRefusedByName() {
        isRefused(
                () -> Jobs.classifier().head(2).fitAll(labelled(Label.of("a"), Label.of("b"), Label.of("c"))),
                "head(2)",
                "3 labels",
                "head(3)");
        isRefused(
                () -> Jobs.classifier().head("good", "bad").fitAll(labelled(Label.of("good"), Label.of("bat"))),
                "\"bat\"",
                "bad");
        isRefused(() -> Jobs.classifier().head("good"), "at least 2 classes");
        isRefused(() -> Jobs.classifier().head("good", "good"), "differ");
    }

    @Test
    void inputsOfAnotherKindThanTheHeadReadsAreRefused() {
        isRefused(
                () -> Jobs.classifier().head(Heads.tokens("O", "B-X")).fitAll(Jobs.data(8, 1)),
                "a tag for each word",
                "one class each");
        isRefused(() -> Jobs.classifier().fitAll(Jobs.sentences(8, 1)), "one of 2 classes", "a tag a word");
        isRefused(() -> Jobs.classifier().head(Heads.tokens("O")).fitAll(Jobs.sentences(8, 1)), "Unknown label", "B-X");
        final Words words = new Words(List.of("great", "sound"));
        final Dataset<Words> uneven = Dataset.of(
                Words.class,
                List.of(
                        new Example<>(words, new Label.Tags(List.of("O", "B-X"))),
                        new Example<>(words, new Label.Tags(List.of("B-X")))));
        isRefused(() -> Jobs.classifier().head(Heads.tokens("O", "B-X")).fitAll(uneven), "2 words", "1 tags");
    }

    @Test
    void settingsThatDoNotFitTheModelAreRefused() {
        isRefused(() -> Jobs.classifier().maxLength(65).untrained(Text.class), "maxLength(65)", "64 tokens");
        isRefused(() -> Jobs.classifier().maxLength(3), "maxLength", "3");
        isRefused(
                () -> Jobs.classifier()
                        .execution(e -> e.memoryFormat(MemoryFormat.CHANNELS_LAST))
                        .untrained(Text.class),
                "memoryFormat(CHANNELS_LAST)",
                "texts");
        isRefused(() -> Jobs.classifier().freeze(4).fitAll(Jobs.data(8, 1)), "4", "3");
        isRefused(
                () -> Jobs.classifier().loss(l -> l.classWeights(1, 2, 3)).fitAll(Jobs.data(8, 1)),
                "2 classes",
                "3 class weights");
        isRefused(() -> Jobs.classifier().loss(l -> l.classWeights(1, -2)), "weights");
        isRefused(() -> Jobs.classifier().loss(l -> l.labelSmoothing(1)), "smoothing");
        isRefused(() -> Jobs.classifier().lr(-1), "lr", "-1");
        isRefused(() -> Jobs.classifier().epochs(0), "epochs");
        isRefused(() -> Jobs.classifier().batchSize(0), "batchSize");
        isRefused(() -> Jobs.classifier().regularization(r -> r.dropout(1)), "dropout");
        isRefused(() -> Jobs.classifier().evaluation(e -> e.validationFraction(1)), "fraction");
        isRefused(() -> Jobs.classifier().earlyStopping(0), "patience");
    }

    @Test
    void aMetricThatThereIsNotIsRefusedBeforeAStepIsTrained() {
        final Recorder recorder = new Recorder();
        final FineTuner tuner = Jobs.classifier().listener(recorder);
        isRefused(
                () -> tuner.keepBest("f2").fit(Jobs.data(8, 1), Jobs.data(8, 2)),
                "no metric \"f2\"",
                "accuracy",
                "f1_macro",
                "loss");
        isRefused(
                () -> tuner.earlyStopping("los", 1, 0).keepBest().fit(Jobs.data(8, 1), Jobs.data(8, 2)),
                "no metric \"los\"",
                "loss");
        assertThat(recorder.steps).isEmpty();
        isRefused(
                () -> Search.over(tuner)
                        .logUniform("lr", 1e-5, 1e-3, FineTuner::lr)
                        .metric("f2")
                        .run(Jobs.data(8, 1), Jobs.data(8, 2)),
                "no metric \"f2\"");
        assertThat(recorder.plans).hasSize(2);
    }

    @Test
    void everyTaskKnowsItsMetricsBeforeItHasSeenAnything() {
        final Map<Head, Class<?>> heads = Map.of(
                Heads.classes("a", "b"), Text.class,
                Heads.classes("a", "b", "c"), Text.class,
                Heads.multiLabel("a", "b"), Text.class,
                Heads.regression(2), Text.class,
                Heads.tokens("O", "B-X"), Words.class,
                Heads.questionAnswering(), Question.class,
                Heads.maskedLm(), Text.class);
        heads.forEach((head, inputs) -> {
            try (FineTuned<?> model = Jobs.classifier().head(head).untrained(inputs)) {
                final Task task = model.assembly().task();
                task.order(task.mainMetric());
                task.order("loss");
                assertThatThrownBy(() -> task.order("f2"))
                        .as(head.toString())
                        .isInstanceOf(FinetuneException.class)
                        .hasMessageContaining(task.mainMetric());
            }
        });
    }

    @ParameterizedTest
    @MethodSource("lossSettings")
    void aLossSettingThatTheHeadWouldIgnoreIsRefusedByItsName(String setting, UnaryOperator<FineTuner> set) {
        final FineTuner tuner = set.apply(Jobs.classifier());
        final Label both = new Label.Categories(Set.of("bad", "good"));
        isRefused(() -> tuner.head(Heads.regression()).fitAll(labelled(Label.of(1.5))), setting, "Regression");
        isRefused(() -> tuner.head(Heads.multiLabel()).fitAll(labelled(both)), setting, "MultiLabel");
    }

    @Test
    void placesOfAnAnswerAreNotSmoothedSinceTheTrainerDoesNotSmoothThem() {
        isRefused(
                () -> Jobs.classifier()
                        .head(Heads.questionAnswering())
                        .loss(l -> l.labelSmoothing(0.1))
                        .untrained(Question.class),
                "labelSmoothing(0.1)",
                "question answering",
                "Leave it out");
    }

    static Stream<Arguments> lossSettings() {
        final UnaryOperator<FineTuner> weights = tuner -> tuner.loss(l -> l.classWeights(1, 2));
        final UnaryOperator<FineTuner> smoothing = tuner -> tuner.loss(l -> l.labelSmoothing(0.1));
        return Stream.of(
                Arguments.of("balancedClassWeights()", (UnaryOperator<FineTuner>)
                        tuner -> tuner.loss(l -> l.balancedClassWeights())),
                Arguments.of("classWeights([1.0, 2.0])", weights),
                Arguments.of("labelSmoothing(0.1)", smoothing));
    }

    @Test
    void rareClassesAreMadeUpForOnce() {
        isRefused(
                () -> Jobs.classifier().batching(b -> b.balancedSampling(true)).loss(l -> l.balancedClassWeights()),
                "twice",
                "one of the two");
        isRefused(
                () -> Jobs.classifier().loss(l -> l.balancedClassWeights()).batching(b -> b.balancedSampling(true)),
                "twice",
                "one of the two");
    }

    @Test
    void emptyDataIsRefused() {
        final Dataset<Text> nothing = Dataset.of(Text.class, List.of());
        isRefused(() -> Jobs.classifier().fitAll(nothing), "empty");
        isRefused(() -> Jobs.classifier().fit(Jobs.data(8, 1), nothing), "holds no rows");
        isRefused(() -> Jobs.classifier().fitAll(Dataset.streamed(Text.class, Stream::empty)), "maxSteps");
        isRefused(() -> Jobs.classifier().maxSteps(2).fitAll(Dataset.streamed(Text.class, Stream::empty)), "no rows");
        try (FineTuned<Text> model = Jobs.classifier().head("bad", "good").untrained(Text.class)) {
            isRefused(() -> model.evaluate(nothing), "evaluation data holds no rows");
            isRefused(() -> model.evaluate(Dataset.streamed(Text.class, Stream::empty)), "no rows");
        }
    }

    @Test
    void aHeadWithoutALossIsNotTrained() {
        isRefused(
                () -> Jobs.classifier().head(Heads.features(Pooling.MEAN)).fitAll(Jobs.data(8, 1)),
                "The head is for vectors, pooled by MEAN, and learns nothing",
                "say what to predict");
        try (FineTuned<Text> features =
                Jobs.classifier().head(Heads.features(Pooling.MEAN)).untrained(Text.class)) {
            assertThat(features.labels()).isEmpty();
            isRefused(() -> features.evaluate(Jobs.data(8, 1)), "Vectors have no loss by themselves");
        }
    }

    @Test
    void aModelWithoutATaskAsksForOne() {
        final Path base = Checkpoints.configured("bert-sequence-classification", folder.resolve("base"), config -> {
            config.add("architectures", JsonParser.parseString("[\"BertModel\"]"));
            config.remove("problem_type");
        });
        isRefused(() -> FineTuner.from(base).untrained(Text.class), "say what to predict");
    }

    @Test
    void whatCannotBeUnfrozenIsToldAsItWasSaid() {
        isRefused(
                () -> Jobs.classifier().unfreeze(Freeze.matching("no_such")).untrained(Text.class),
                "unfreeze(Freeze.matching(\"no_such\")) names no parameter");
        isRefused(
                () -> Jobs.classifier().unfreeze(Freeze.firstLayers(9)).untrained(Text.class),
                "unfreeze(Freeze.firstLayers(9)): the model has 3 layers");
        isRefused(
                () -> Jobs.classifier().freeze(Layers.upTo("top")).untrained(Text.class),
                "freeze(Layers.upTo(\"top\")): there is no such stage");
    }

    @Test
    void aRankThatALayerCannotHaveIsWarnedOfByLayer() {
        try (FineTuned<Text> tuned = Jobs.classifier()
                .lora(Lora.rank(4).ranks(Map.of("layer.1.attention.self.query", 49)))
                .maxSteps(1)
                .fitAll(Jobs.data(8, 1))) {
            assertThat(tuned.provenance().warnings())
                    .filteredOn(warning -> warning.contains("rank"))
                    .singleElement()
                    .asString()
                    .contains("bert.encoder.layer.1.attention.self.query (rank 49, at most 48)")
                    .doesNotContain("layer.2.");
        }
        try (FineTuned<Text> tuned =
                Jobs.classifier().lora(Lora.rank(48)).maxSteps(1).fitAll(Jobs.data(8, 1))) {
            assertThat(tuned.provenance().warnings()).noneMatch(warning -> warning.contains("rank"));
        }
    }

    private static List<String> warnings(FineTuner tuner) {
        try (FineTuned<Text> tuned = tuner.maxSteps(1).fitAll(Jobs.data(8, 1))) {
            return tuned.provenance().warnings();
        }
    }

    @Test
    void whatNamesNoAdaptedLayerIsWarnedOf() {
        final FineTuner plain = Jobs.classifier();
        assertThat(warnings(plain.lora(Lora.rank(2).targets("query", "valeu"))))
                .anyMatch(warning -> warning.contains("targets(...)")
                        && warning.contains("valeu.")
                        && !warning.contains("with query"));
        assertThat(warnings(
                        plain.lora(Lora.rank(2).ranks(Map.of("layer.7.*", 4)).alphas(Map.of("key", 1.0)))))
                .anyMatch(warning -> warning.contains("ranks(...)") && warning.contains("layer.7.*"))
                .anyMatch(warning -> warning.contains("alphas(...)") && warning.contains("key"));
        for (FineTuner usual : List.of(
                plain.lora(Lora.rank(2)),
                plain.ia3(Ia3.usual()),
                plain.lora(Lora.rank(2).allLinear().ranks(Map.of("query", 4))))) {
            assertThat(warnings(usual)).noneMatch(warning -> warning.contains("adapted layer"));
        }
    }

    @Test
    void frozenRandomWeightsAreWarnedOf() {
        assertThat(warnings(Jobs.classifier()
                        .initialization(i -> i.randomWeights(true))
                        .freeze(1)))
                .anyMatch(warning -> warning.contains("frozen at random values"));
        assertThat(warnings(Jobs.classifier().initialization(i -> i.randomWeights(true))))
                .noneMatch(warning -> warning.contains("frozen at random values"));
    }

    @Test
    void whatIsNullAmongInputsIsNamedByItsPlace() {
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class)) {
            final Text missing = null;
            assertThatThrownBy(() -> model.predict(missing))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("input");
            assertThatThrownBy(() -> model.predict(Arrays.asList(Text.of("great"), null)))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("inputs[1]");
        }
    }

    @Test
    void aPredictionIsAskedForAsTheKindThatTheHeadMakesAndNoOther() {
        try (FineTuned<Text> model = Jobs.classifier().untrained(Text.class)) {
            final Prediction.Category says = model.predict(Text.of("great"), Prediction.Category.class);
            assertThat(says).hasToString(model.predict(Text.of("great")).toString());
            assertThat(model.predict(Jobs.texts(3, 1), Prediction.Category.class))
                    .hasToString(model.predict(Jobs.texts(3, 1)).toString());
            isRefused(
                    () -> model.predict(Text.of("great"), Prediction.Tags.class),
                    "predicts Category, not Tags",
                    "Prediction.Category.class");
        }
    }
}
