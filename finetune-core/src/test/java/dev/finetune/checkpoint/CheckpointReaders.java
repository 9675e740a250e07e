package dev.finetune.checkpoint;

import dev.finetune.error.FinetuneException;
import dev.finetune.fuzz.FuzzInput;
import dev.finetune.fuzz.FuzzedReader;
import dev.finetune.fuzz.FuzzedReaders;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** The readers of weights. */
public final class CheckpointReaders implements FuzzedReaders {
    @Override
    public List<FuzzedReader> readers() throws IOException {
        return List.of(
                weights("safetensors", "model.safetensors", "all-dtypes.safetensors", "unsupported.safetensors"),
                weights(
                        "pickle-zip",
                        "pytorch_model.bin",
                        "views.pt",
                        "all-dtypes-protocol4.pt",
                        "zip64.pt",
                        "evil.pt"),
                weights(
                        "pickle-legacy",
                        "legacy.bin",
                        "all-dtypes-legacy1.pt",
                        "all-dtypes-legacy5.pt",
                        "views-legacy.pt",
                        "evil-legacy.pt"),
                new FuzzedReader(
                        "onnx", "model.onnx", seeds("tiny.onnx", "tiny-external.onnx"), CheckpointReaders::readOnnx),
                new FuzzedReader("pickle", "data.pkl", pickles(), CheckpointReaders::readPickle),
                new FuzzedReader(
                        "shard-index",
                        "model.safetensors.index.json",
                        seeds("sharded/model.safetensors.index.json"),
                        CheckpointReaders::readShards));
    }

    private static FuzzedReader weights(String name, String fileName, String... seeds) throws IOException {
        return new FuzzedReader(name, fileName, seeds(seeds), input -> readAll(input.file()));
    }

    private static List<byte[]> seeds(String... names) throws IOException {
        final List<byte[]> seeds = new ArrayList<>();
        for (String name : names) {
            seeds.add(Files.readAllBytes(Fixtures.path(name)));
        }
        return seeds;
    }

    private static List<byte[]> pickles() {
        return Fixtures.EXPECTED.getAsJsonArray("pickles").asList().stream()
                .map(pickle -> Base64.getDecoder().decode(pickle.getAsString()))
                .toList();
    }

    private static void readPickle(FuzzInput input) throws IOException {
        final Path file = input.file();
        try (FileChannel channel = FileChannel.open(file)) {
            Unpickler.load(file, new FileRegion(channel, 0, channel.size()), id -> id);
        }
    }

    private static void readShards(FuzzInput input) throws IOException {
        for (int shard = 1; shard <= 3; shard++) {
            final String name = "model-0000" + shard + "-of-00003.safetensors";
            if (!Files.exists(input.folder().resolve(name))) {
                Files.copy(Fixtures.path("sharded/" + name), input.folder().resolve(name));
            }
        }
        readAll(input.file());
    }

    private static void readOnnx(FuzzInput input) throws IOException {
        final Path data = input.folder().resolve("tiny.onnx_data");
        if (!Files.exists(data)) {
            Files.copy(Fixtures.path("tiny.onnx_data"), data);
        }
        readAll(input.file());
    }

    private static void readAll(Path file) {
        try (Weights weights = Weights.open(file)) {
            for (String name : weights.names()) {
                try {
                    weights.describe(name);
                } catch (FinetuneException e) {
                    // Fine, and the others may be whole.
                }
            }
        }
    }
}
