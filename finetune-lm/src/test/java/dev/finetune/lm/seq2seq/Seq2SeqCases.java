package dev.finetune.lm.seq2seq;

import com.google.gson.JsonArray;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.golden.GoldenCase;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.spi.ModelConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The golden cases of encoders and decoders, whose batches say what the decoder reads, too: the labels one place later. */
final class Seq2SeqCases {
    private Seq2SeqCases() {}

    /** Every case below the root that writes a text for a text, told by what it holds and not by its name. */
    static List<GoldenCase> all() {
        return GoldenFolders.having("task", "texts", "decoder_start_token_id", "max_length").keySet().stream()
                .map(Seq2SeqCases::open)
                .toList();
    }

    static GoldenCase open(String name) {
        final GoldenCase golden = GoldenCase.open(GoldenFolders.root().resolve(name));
        final Map<String, HostTensor> tensors = new LinkedHashMap<>(golden.tensors());
        final ModelConfig config = ModelConfig.read(golden.model());
        for (int i = 0; i < GoldenCase.BATCHES; i++) {
            final HostTensor.Longs labels = column(golden, i, "labels");
            tensors.put(
                    "batch" + i + ".decoder_input_ids",
                    shifted(labels, golden.number("decoder_start_token_id"), config.integer("pad_token_id", -1)));
        }
        return new GoldenCase(golden.directory(), golden.json(), tensors);
    }

    private static HostTensor shifted(HostTensor.Longs labels, long start, long padding) {
        final long length = labels.shape()[1];
        final long[] shifted = new long[labels.data().length];
        for (int i = 0; i < shifted.length; i++) {
            final long before = i % length == 0 ? start : labels.data()[i - 1];
            shifted[i] = before == Target.IGNORED ? padding : before;
        }
        return new HostTensor.Longs(shifted, labels.shape());
    }

    static Path model(String name) {
        return GoldenFolders.root().resolve(name).resolve("model");
    }

    static HostTensor.Longs column(GoldenCase golden, int batch, String name) {
        return (HostTensor.Longs) golden.tensors().get("batch" + batch + "." + name);
    }

    /** The texts of a batch, each with what is to be written for it. */
    static List<Example<Text>> examples(GoldenCase golden, int batch) {
        final JsonArray both = golden.json().getAsJsonArray("texts").get(batch).getAsJsonArray();
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < both.get(0).getAsJsonArray().size(); i++) {
            examples.add(new Example<>(
                    Text.of(both.get(0).getAsJsonArray().get(i).getAsString()),
                    Label.completion(both.get(1).getAsJsonArray().get(i).getAsString())));
        }
        return examples;
    }
}
