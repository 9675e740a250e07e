package dev.finetune.explain;

import dev.finetune.batch.InputEncoder;
import dev.finetune.nn.Network;
import dev.finetune.task.Task;
import org.bytedeco.pytorch.Device;

/**
 * A model whose predictions are explained; all of it is borrowed, and used by others meanwhile: an explanation leaves parameters,
 * their gradients and whether they are trained as they are.
 *
 * @param name what messages call it: the model type of its config.json
 * @param network the trunk and the head
 * @param encoder turns inputs into rows
 * @param task what the head predicts
 * @param device where the network is
 * @param <I> the kind of input
 */
public record ExplainedModel<I>(String name, Network network, InputEncoder<I> encoder, Task task, Device device) {}
