package dev.finetune.train;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Network;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.zip.CRC32C;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;

/** What tells a tensor's numbers from others. */
public final class TensorSum {
    private static final long WINDOW = 1L << 28;

    private TensorSum() {}

    /**
     * {@return how many tensors a network has, and a checksum of them all}
     *
     * @param network borrowed
     */
    public static String of(Network network) {
        final Map<String, Tensor> tensors = network.tensors(network.parameters());
        final CRC32C sum = new CRC32C();
        tensors.forEach((name, tensor) -> {
            sum.update(name.getBytes(StandardCharsets.UTF_8));
            sum.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, of(tensor)));
        });
        return tensors.size() + " tensors with the checksum " + HexFormat.of().toHexDigits((int) sum.getValue());
    }

    /** The Castagnoli checksum of a tensor's bytes, in the order of its rows. */
    static int of(Tensor tensor) {
        final CRC32C sum = new CRC32C();
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor plain =
                    tensor.detach().to(Tensors.cpu(), tensor.scalar_type()).contiguous();
            final BytePointer bytes = new BytePointer(plain.data_ptr());
            final long count = plain.nbytes();
            for (long from = 0; from < count; from += WINDOW) {
                final long length = Math.min(WINDOW, count - from);
                sum.update(bytes.getPointer(from).limit(length).asByteBuffer());
            }
        }
        return (int) sum.getValue();
    }
}
