package dev.finetune.train;

import dev.finetune.batch.HostBatch;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Network;
import dev.finetune.task.Task;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;

/**
 * The training loop, the only one: text, images, masked-LM pretraining all go through it. It knows no family, no file
 * and no terminal.
 *
 * <p>One optimizer step is: for each of the accumulated batches forward, loss, backward; then exchange gradients with other
 * processes (by default there are none), clip, step, schedule, forget the gradients. Losses are sums divided by the true count
 * of what was summed over the whole step. It holds nothing of a training, so that it can train again.
 */
public final class Trainer {
    private final TrainingParts.Setup setup;

    /**
     * A loop over a network.
     *
     * @param network on the device (borrowed)
     * @param task what it is trained for
     * @param settings what the loop obeys
     * @param device where batches go (borrowed)
     * @param listener is told what happens
     * @param cancellation asks it to stop
     */
    public Trainer(
            Network network,
            Task task,
            TrainingSettings settings,
            Device device,
            TrainingListener listener,
            Cancellation cancellation) {
        this(
                network,
                task,
                settings,
                device,
                listener,
                cancellation,
                () -> new FrozenOutputStore(FrozenOutputStore.MEMORY_BYTES, listener::warned));
    }

    /** The same with another place for what frozen stages give. */
    Trainer(
            Network network,
            Task task,
            TrainingSettings settings,
            Device device,
            TrainingListener listener,
            Cancellation cancellation,
            Supplier<FrozenOutputStore> frozenOutputs) {
        this(new TrainingParts.Setup(
                network,
                task,
                settings,
                device,
                listener,
                cancellation,
                frozenOutputs,
                Checkpointing.NONE,
                Agreement.ALONE));
    }

    private Trainer(TrainingParts.Setup setup) {
        this.setup = setup;
    }

    /**
     * {@return the same loop, writing checkpoints, or going on from one}
     *
     * @param checkpointing where to, and where from
     */
    public Trainer with(Checkpointing checkpointing) {
        return new Trainer(setup.with(checkpointing));
    }

    /**
     * {@return the same loop as one of several processes that train copies of a network together}
     *
     * @param group the processes (borrowed); each is given its own part of the batches
     */
    public Trainer with(ProcessGroup group) {
        return new Trainer(setup.with(Agreement.of(group)));
    }

    /**
     * Trains, from the network's weights as they are; again, if it is called again.
     *
     * @param training the batches to train on
     * @param validation the batches to evaluate on, if any
     * @return the losses of all steps, the metrics of all evaluations, and why it ended
     * @throws FinetuneException if nothing is to be trained, if the checkpoint to go on from is of another training, if a
     *     loss, a gradient or a weight is not a finite number, if memory runs out, or if the thread is interrupted before
     *     the first step; after that, what was learned is kept, and the thread stays interrupted
     */
    public TrainingHistory train(BatchSource training, Optional<BatchSource> validation) {
        try (TrainingRun run = TrainingRun.open(setup, training, validation)) {
            while (run.hasNext()) {
                final List<HostBatch> batches = run.next();
                final StepReport step = run.forwardBackwardUpdate(batches); // Accumulate, exchange, clip, step, forget.
                run.stepped(step);
                if (run.evaluationDue()) {
                    run.evaluate();
                }
                run.stopIfDue();
                if (run.checkpointDue()) {
                    run.save();
                }
            }
            return run.finish();
        } catch (RuntimeException | Error e) {
            failed(e);
            throw e;
        }
    }

    /** What the listener throws in turn hides nothing. */
    private void failed(Throwable cause) {
        try {
            setup.listener().failed(cause);
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
        }
    }
}
