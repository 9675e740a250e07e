package dev.finetune.spi;

import com.google.gson.JsonObject;
import dev.finetune.batch.InputEncoder;
import dev.finetune.checkpoint.LoadReport;
import dev.finetune.nn.Network;
import dev.finetune.task.Task;

/**
 * A model put together: all that the core needs to train, use and save it. Owns the network and the encoder.
 *
 * @param network the trunk and the head, on the CPU
 * @param encoder turns inputs into numbers
 * @param task what the head is trained for
 * @param report what was loaded, missing, unexpected and newly initialised
 * @param config the config.json to save, labels included
 * @param <I> the kind of input
 */
public record Assembly<I>(Network network, InputEncoder<I> encoder, Task task, LoadReport report, JsonObject config)
        implements AutoCloseable {
    @Override
    public void close() {
        network.close();
        encoder.close();
    }
}
