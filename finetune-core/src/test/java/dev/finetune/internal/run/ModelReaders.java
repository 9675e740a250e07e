package dev.finetune.internal.run;

import dev.finetune.calibration.Calibration;
import dev.finetune.fuzz.FuzzedReader;
import dev.finetune.fuzz.FuzzedReaders;
import dev.finetune.head.Pooling;
import dev.finetune.spi.HeadConfig;
import dev.finetune.spi.ModelConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** The readers of what lies beside weights. */
public final class ModelReaders implements FuzzedReaders {
    @Override
    public List<FuzzedReader> readers() {
        return List.of(
                reader(
                        "config",
                        "config.json",
                        "{\"model_type\":\"bert\",\"id2label\":{\"0\":\"a\",\"1\":\"b\"},\"label2id\":{\"a\":0,\"b\":1},"
                                + "\"problem_type\":\"single_label_classification\",\"num_labels\":2}",
                        ModelReaders::readConfig),
                reader(
                        "calibration",
                        Calibration.FILE,
                        "{\"temperature\":1.5,\"thresholds\":[0.25,0.5]}",
                        Calibration::read),
                reader(
                        "record",
                        "finetune.json",
                        "{\"max_length\":128,\"head\":\"Classification\",\"id2label\":{\"0\":\"a\"},\"settings\":{}}",
                        ModelReaders::readRecord),
                reader(
                        "adapter-config",
                        "adapter_config.json",
                        "{\"peft_type\":\"LORA\",\"r\":4,\"lora_alpha\":8,\"lora_dropout\":0.0,\"bias\":\"none\","
                                + "\"target_modules\":[\"query\",\"value\"],\"modules_to_save\":[\"classifier\"],"
                                + "\"rank_pattern\":{\"a.*\":2},\"alpha_pattern\":{\"b\":1.5},\"task_type\":\"SEQ_CLS\","
                                + "\"use_rslora\":false,\"use_dora\":true,\"init_lora_weights\":true}",
                        AdapterFiles::read),
                reader(
                        "sentence-modules",
                        "modules.json",
                        "[{\"idx\":0,\"type\":\"sentence_transformers.models.Transformer\",\"path\":\"\"},"
                                + "{\"idx\":1,\"type\":\"sentence_transformers.models.Pooling\",\"path\":\".\"}]",
                        folder -> SentenceModules.difference(folder, Pooling.MEAN, true)));
    }

    private static FuzzedReader reader(String name, String fileName, String seed, Consumer<Path> reading) {
        return new FuzzedReader(name, fileName, List.of(seed.getBytes(StandardCharsets.UTF_8)), input -> {
            input.file();
            reading.accept(input.folder());
        });
    }

    private static void readConfig(Path folder) {
        final ModelConfig config = ModelConfig.read(folder);
        HeadConfig.read(config);
        config.outputNames();
        config.string("model_type", "");
        config.refuseOtherComputations();
    }

    private static void readRecord(Path folder) {
        ModelRecord.maxLength(folder);
        AdapterFiles.savedHead(folder);
    }
}
