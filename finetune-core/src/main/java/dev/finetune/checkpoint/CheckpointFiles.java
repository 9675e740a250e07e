package dev.finetune.checkpoint;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.PlainFile;
import dev.finetune.internal.StandIn;
import dev.finetune.internal.saving.WholeRead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds a model's weights and tells the formats apart: by what the file holds, not by what it is called. */
final class CheckpointFiles {
    static final String SINGLE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";

    private static final List<String> WELL_KNOWN =
            List.of(SINGLE, INDEX, "pytorch_model.bin", "pytorch_model.bin.index.json");
    /** Taken only where there are no weights of another format. */
    private static final List<String> EXPORTED = List.of("model.onnx", "onnx/model.onnx");

    private static final String ONNX = ".onnx";
    private static final List<List<String>> ENDINGS =
            List.of(List.of(".safetensors"), List.of(".pth", ".pt", ".pth.tar", ".bin"));
    /** Files of these names end like weights and are something else. */
    private static final Pattern NOT_WEIGHTS = Pattern.compile(
            "training_args\\.bin|(optimizer|scheduler|scaler)\\.(bin|pt)|rng_state(_\\d+)?\\.pth|openvino_model\\.bin");

    /** What an ONNX file starts with: the field of the format's version. */
    private static final byte IR_VERSION = 0x08;

    private static final int MOST_IR = 20;

    private CheckpointFiles() {}

    static Weights open(Path directoryOrFile) {
        if (Files.isDirectory(directoryOrFile)) {
            return WholeRead.of(directoryOrFile)
                    .read(places -> openFile(find(places.apply(directoryOrFile))), Weights::close);
        }
        if (!Files.exists(directoryOrFile)) {
            throw new FinetuneException(
                    directoryOrFile + ": there is no such file or directory; expected a model's weights.");
        }
        return openFile(directoryOrFile);
    }

    static boolean areIn(Path directoryOrFile) {
        return Files.isRegularFile(directoryOrFile)
                || Stream.concat(WELL_KNOWN.stream(), EXPORTED.stream())
                        .anyMatch(name -> Files.isRegularFile(directoryOrFile.resolve(name)))
                || Stream.concat(ENDINGS.stream(), Stream.of(List.of(ONNX)))
                        .anyMatch(endings -> !list(directoryOrFile, endings).isEmpty());
    }

    private static Path find(Path directory) {
        return wellKnown(directory, WELL_KNOWN)
                .or(() -> ENDINGS.stream()
                        .flatMap(endings -> only(directory, endings).stream())
                        .findFirst())
                .or(() -> wellKnown(directory, EXPORTED))
                .or(() -> only(directory, List.of(ONNX)))
                .orElseThrow(() -> new FinetuneException(directory + ": found no weights. Looked for "
                        + String.join(", ", WELL_KNOWN)
                        + ", for a single *.safetensors, *.pth, *.pt, *.pth.tar or *.bin,"
                        + " then for " + String.join(", ", EXPORTED) + " or a single *.onnx."));
    }

    private static Optional<Path> wellKnown(Path directory, List<String> names) {
        return names.stream()
                .map(directory::resolve)
                .filter(Files::isRegularFile)
                .findFirst();
    }

    private static Optional<Path> only(Path directory, List<String> endings) {
        final List<Path> found = list(directory, endings);
        if (found.size() > 1) {
            throw new FinetuneException(directory + ": it isn't clear which file holds the weights; found "
                    + found.stream().map(f -> f.getFileName().toString()).collect(Collectors.joining(", "))
                    + ". Name the file instead of the directory, or call it "
                    + (endings.contains(ONNX) ? EXPORTED.get(0) : SINGLE) + ".");
        }
        return found.stream().findFirst();
    }

    private static List<Path> list(Path directory, List<String> endings) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> {
                        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
                        return endings.stream().anyMatch(name::endsWith)
                                && !NOT_WEIGHTS.matcher(name).matches();
                    })
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new FinetuneException(directory + ": the directory couldn't be listed: " + e.getMessage(), e);
        }
    }

    /** Opens one file, or the shards that an index names. */
    static Weights openFile(Path file) {
        if (file.getFileName().toString().endsWith(".index.json")) {
            return ShardedWeights.open(file);
        }
        PlainFile.refuseOthers(file);
        byte[] start = firstBytes(file, StandIn.START);
        StandIn.refuse(file, start);
        if (isNamed(file, ".safetensors")) {
            return SafetensorsFile.open(file);
        }
        if (isNamed(file, ONNX)) {
            return OnnxFile.open(file);
        }
        if (startsWith(start, "PK\u0003\u0004")) {
            return PickledFile.openZip(file);
        }
        if (start.length > 262 && new String(start, 257, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
            throw new FinetuneException(
                    file + ": this is a tar archive, the format of PyTorch before 0.1.10, which isn't"
                            + " read here. Convert it in Python: torch.save(torch.load(path, weights_only=False), new_path).");
        }
        if (start.length > 8 && start[8] == '{') {
            return SafetensorsFile.open(file);
        }
        if ((start.length > 1 && (start[0] & 0xff) == 0x80) || startsWith(start, "L" + LegacyPickle.MAGIC + "L\n")) {
            return PickledFile.openLegacy(file);
        }
        if (start.length > 1 && start[0] == IR_VERSION && start[1] >= 1 && start[1] <= MOST_IR) {
            return OnnxFile.open(file);
        }
        throw new FinetuneException(
                file + ": this is neither a safetensors file nor a PyTorch checkpoint (a zip archive"
                        + " or a pickle) nor an ONNX model. Download or save it again.");
    }

    private static boolean isNamed(Path file, String ending) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(ending);
    }

    private static boolean startsWith(byte[] bytes, String start) {
        return new String(bytes, StandardCharsets.ISO_8859_1).startsWith(start);
    }

    private static byte[] firstBytes(Path file, int count) {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer buffer = ByteBuffer.allocate(count);
            while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                // more to come
            }
            byte[] bytes = new byte[buffer.position()];
            buffer.flip().get(bytes);
            return bytes;
        } catch (IOException e) {
            throw OpenFile.unread(file + ": the file", e);
        }
    }
}
