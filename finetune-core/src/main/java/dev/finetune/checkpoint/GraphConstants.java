package dev.finetune.checkpoint;

import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.OperatorGraph.Constant;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Writes the numbers that a graph computes with: little-endian, row-major, one tensor at a time. */
public final class GraphConstants {
    private GraphConstants() {}

    /**
     * Writes a constant's numbers, those of a layer with what adapts it merged into them.
     *
     * @param constant of a network that isn't closed meanwhile
     * @param channel where to, at its position
     * @throws IOException if writing fails
     */
    public static void write(Constant constant, FileChannel channel) throws IOException {
        if (constant instanceof Constant.Given given) {
            write(given.numbers(), channel);
            return;
        }
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            final Tensor tensor = constant instanceof Constant.Learned learned
                    ? learned.parameter().effective()
                    : ((Constant.Kept) constant).buffer().value();
            NativeTensors.writeAny(tensor.to(ScalarType.Float), channel);
        }
    }

    private static void write(HostTensor numbers, FileChannel channel) throws IOException {
        final byte[] bytes;
        if (numbers instanceof HostTensor.Longs longs) {
            bytes = new byte[longs.data().length * Long.BYTES];
            over(bytes).asLongBuffer().put(longs.data());
        } else {
            final float[] data = ((HostTensor.Floats) numbers).data();
            bytes = new byte[data.length * Float.BYTES];
            over(bytes).asFloatBuffer().put(data);
        }
        Channels.newOutputStream(channel).write(bytes);
    }

    private static ByteBuffer over(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
