package dev.finetune.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.finetune.batch.HostTensor;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A model in ONNX Runtime. */
final class OnnxRuntime implements AutoCloseable {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;

    private OnnxRuntime(OrtSession session) {
        this.session = session;
    }

    /** Opens model.onnx of a directory. */
    static OnnxRuntime open(Path directory) {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            return new OnnxRuntime(OrtEnvironment.getEnvironment()
                    .createSession(directory.resolve("model.onnx").toString(), options));
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
    }

    OrtSession session() {
        return session;
    }

    Map<String, String> metadata() {
        try {
            return session.getMetadata().getCustomMetadata();
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
    }

    /** The outputs by name, row-major. */
    Map<String, float[]> run(Map<String, HostTensor> columns) {
        final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        try {
            for (String name : session.getInputNames()) {
                inputs.put(name, tensor(columns.get(name)));
            }
            final Map<String, float[]> outputs = new LinkedHashMap<>();
            try (OrtSession.Result result = session.run(inputs)) {
                for (var output : result) {
                    final FloatBuffer floats = ((OnnxTensor) output.getValue()).getFloatBuffer();
                    final float[] values = new float[floats.remaining()];
                    floats.get(values);
                    outputs.put(output.getKey(), values);
                }
            }
            return outputs;
        } catch (OrtException e) {
            throw new AssertionError(e);
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    private OnnxTensor tensor(HostTensor column) throws OrtException {
        return column instanceof HostTensor.Longs longs
                ? OnnxTensor.createTensor(environment, LongBuffer.wrap(longs.data()), longs.shape())
                : OnnxTensor.createTensor(
                        environment, FloatBuffer.wrap(((HostTensor.Floats) column).data()), column.shape());
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
    }
}
