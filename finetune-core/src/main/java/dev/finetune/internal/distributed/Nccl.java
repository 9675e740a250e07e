package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.Tensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Exchanges tensors between GPUs, one of each process, by NVIDIA's NCCL, whose all-reduce "leaves identical copies of result" in all
 * processes (nccl.h): the same to the bit. Nothing waits within NCCL, which may wait for ever for a process that is gone, but here, where it
 * is heard of; what is under way is given up then.
 */
final class Nccl implements Exchange, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Processes.class);

    /** What NCCL may still write to: it didn't give up in time. Kept as long as the program runs. */
    private static final List<Tensor> STUCK = new ArrayList<>();

    private final NcclLibrary library;
    private final NcclLibrary.Communicator communicator;
    private final Runnable check;
    private final Duration timeout;
    private boolean over;

    /**
     * With processes that are connected, or about to be.
     *
     * @param communicator owned
     * @param check called all the time while this process waits; throws what ends the waiting
     * @param timeout after which what is under way is given up; all processes have come to it before
     */
    Nccl(NcclLibrary library, NcclLibrary.Communicator communicator, Runnable check, Duration timeout) {
        this.library = library;
        this.communicator = communicator;
        this.check = check;
        this.timeout = timeout;
    }

    /** Whether all are connected; throws why they can't be. */
    boolean isConnected() {
        return communicator.isReady();
    }

    /** Waits until the GPU has computed what is to be exchanged, so that others don't take for a transfer what is none. */
    void awaitComputed() {
        Waiting.until(library::isIdle, check, Waiting.EVER, "");
    }

    @Override
    public void sum(List<Tensor> tensors) {
        exchange(tensors, communicator::sum);
    }

    @Override
    public void broadcast(List<Tensor> tensors) {
        exchange(tensors, communicator::broadcast);
    }

    private void exchange(List<Tensor> tensors, Consumer<List<Tensor>> begin) {
        if (over) {
            throw new FinetuneException("NCCL has failed before, or was closed.");
        }
        boolean done = false;
        try {
            begin.accept(tensors);
            Waiting.until(
                    () -> communicator.isReady() && library.isIdle(),
                    check,
                    timeout,
                    "Tensors didn't come through within " + Waiting.seconds(timeout)
                            + " by NCCL, though no process is lost: is the connection between their GPUs up?");
            done = true;
        } finally {
            if (!done && !abort()) {
                keep(tensors);
            }
        }
    }

    private static void keep(List<Tensor> tensors) {
        synchronized (STUCK) {
            tensors.forEach(tensor -> STUCK.add(Tensors.own(new Tensor(tensor))));
        }
    }

    /** Gives up what is under way; whether that was done in time. */
    boolean abort() {
        if (over) {
            return true;
        }
        over = true;
        return inTime(communicator::abort, "NCCL doesn't give up what is under way");
    }

    /** In a thread of its own: NCCL's ends wait for its own threads, and these for the network. */
    private boolean inTime(Runnable end, String otherwise) {
        final CountDownLatch ended = new CountDownLatch(1);
        final Thread thread = new Thread(
                () -> {
                    try {
                        end.run();
                    } catch (RuntimeException e) {
                        LOG.debug("NCCL has come to its end with an error", e);
                    } finally {
                        ended.countDown();
                    }
                },
                "finetune-nccl");
        thread.setDaemon(true);
        thread.start();
        boolean interrupted = false;
        final long until = System.nanoTime() + timeout.toNanos();
        try {
            while (true) {
                try {
                    if (ended.await(until - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                        return true;
                    }
                    LOG.warn("{} within {}", otherwise, Waiting.seconds(timeout));
                    return false;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Takes leave of the others, which do the same; where one can't any more, gives up. */
    @Override
    public void close() {
        if (over) {
            return;
        }
        try {
            communicator.finish();
            Waiting.until(communicator::isReady, check, timeout, "The others don't come to their end");
        } catch (RuntimeException e) {
            LOG.debug("NCCL is given up", e);
            abort();
            return;
        }
        over = true;
        inTime(communicator::destroy, "NCCL doesn't come to its end");
    }
}
