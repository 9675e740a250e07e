package dev.finetune.onnx;

import dev.finetune.checkpoint.GraphConstants;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Constant;
import dev.finetune.nn.OperatorGraph.Elements;
import dev.finetune.spi.OnnxExporter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.LongStream;

/** Writes model.onnx; and model.onnx_data, where one message, which ends at 2 GB, can't hold the numbers. */
public final class OnnxFiles implements OnnxExporter {
    private static final String MODEL = "model.onnx";
    private static final String DATA = "model.onnx_data";

    /** Room is left for operators and metadata below the 2 GB that readers of the format allow. */
    private static final long MOST_BYTES = 1_900_000_000L;

    /** Of what lies beside the model: sizes at which files can be mapped into memory. */
    private static final long ALIGNMENT = 4096;

    /** Numbers of the computation itself stay with it. */
    private static final long LARGE = 1024;

    private final long most;

    /** Found by {@link java.util.ServiceLoader}. */
    public OnnxFiles() {
        this(MOST_BYTES);
    }

    /** With another limit of the numbers that one message holds. */
    OnnxFiles(long most) {
        this.most = most;
    }

    @Override
    public void write(Path folder, OperatorGraph graph, Map<String, String> metadata) throws IOException {
        final Map<String, Constant> constants = graph.constants();
        final long all = constants.values().stream().mapToLong(OnnxFiles::bytes).sum();
        final Map<String, Long> offsets = all > most ? writeBeside(folder, constants) : Map.of();
        final OnnxModel model = new OnnxModel(graph, metadata);
        constants.forEach((name, constant) -> {
            if (offsets.containsKey(name)) {
                model.tensorIn(DATA, name, constant, offsets.get(name), bytes(constant));
            } else {
                model.tensor(name, constant, bytes(constant));
            }
        });
        try (FileChannel channel = create(folder.resolve(MODEL))) {
            model.message().writeTo(channel);
        }
    }

    /** Writes what is large, and tells where each begins. */
    private static Map<String, Long> writeBeside(Path folder, Map<String, Constant> constants) throws IOException {
        final Map<String, Long> offsets = new LinkedHashMap<>();
        try (FileChannel channel = create(folder.resolve(DATA))) {
            for (Map.Entry<String, Constant> entry : constants.entrySet()) {
                if (bytes(entry.getValue()) >= LARGE) {
                    final long offset = (channel.position() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
                    channel.position(offset);
                    offsets.put(entry.getKey(), offset);
                    GraphConstants.write(entry.getValue(), channel);
                }
            }
        }
        return offsets;
    }

    private static FileChannel create(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    private static long bytes(Constant constant) {
        final long elements = LongStream.of(constant.shape()).reduce(1, Math::multiplyExact);
        return Math.multiplyExact(elements, constant.elements() == Elements.LONG ? Long.BYTES : Float.BYTES);
    }
}
