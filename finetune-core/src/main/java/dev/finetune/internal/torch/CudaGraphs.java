package dev.finetune.internal.torch;

import dev.finetune.internal.natives.Once;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.cuda.DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair;
import org.bytedeco.pytorch.cuda.StreamFilter;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * Records work as CUDA graphs, as torch.cuda.CUDAGraph does, for which LibTorch's bindings have no class: its allocator gives
 * memory of a pool of its own while the stream is captured, and what a graph computes with stays in the pool. All graphs of a
 * recorder share the pool, so that a replay may overwrite what another one left, but for tensors that are still held.
 *
 * <p>Until it is closed the thread that opened it computes on a stream of its own, which can be captured, as the
 * default one can't. Several threads may each have a recorder; they record one after the other.
 */
public final class CudaGraphs implements Recorder {
    /** The second part of a pool's number, the first being 0; LibTorch's own are small. */
    private static final AtomicLong POOLS = new AtomicLong(1L << 32);

    private static final int NO_ERROR = 0;

    private static final Once<Optional<String>> WHY_NOT = new Once<>(CudaGraphs::loadBindings);

    /** Streams that no recorder uses: LibTorch keeps memory for products on each that was ever used. */
    private static final Deque<CUDAStream> FREE_STREAMS = new ArrayDeque<>();

    /** Made when first asked for, on a machine that has a GPU, and kept by the process. */
    private static final class Holder {
        /** Whose allocations come from the pool while something is recorded. */
        static final StreamFilter ALL = kept(new StreamFilter() {
            @Override
            public boolean call(Pointer stream) {
                return true;
            }
        });
    }

    private final CUDAStream before;
    private final CUDAStream stream;
    private final CUstream_st handle;
    private final byte device;
    private final LongPointer poolNumber = kept(new LongPointer(2));
    /** The bindings have no type of its own for the number. */
    private final DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair pool =
            kept(new DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair(poolNumber));

    private int graphs;

    private CudaGraphs() {
        final CUDAStream free = FREE_STREAMS.poll();
        this.stream = free == null ? kept(torch_cuda.getStreamFromPool()) : free;
        this.handle = kept(stream.stream());
        this.device = torch_cuda.current_device();
        this.before = kept(torch_cuda.getCurrentCUDAStream());
        torch_cuda.device_synchronize();
        torch_cuda.setCurrentCUDAStream(stream);
    }

    private static <P extends Pointer> P kept(P pointer) {
        pointer.retainReference();
        return pointer;
    }

    /** A recorder for the current GPU, while there is no reason why not. Use with try-with-resources. */
    public static CudaGraphs open() {
        synchronized (CudaGraphs.class) {
            return new CudaGraphs();
        }
    }

    /** Gives memory of GPUs that nothing uses back to the driver; not while a thread records, which must find all in place. */
    public static void emptyCache() {
        synchronized (CudaGraphs.class) {
            torch.emptyCache();
        }
    }

    /** Why graphs can't be recorded on a machine with a GPU, if so. */
    public static Optional<String> whyNot() {
        return WHY_NOT.get();
    }

    private static Optional<String> loadBindings() {
        return whyNot(
                "CUDA's runtime", "add org.bytedeco:cuda with the classifier linux-x86_64 to the class path.", () -> {
                    Loader.load(cudart.class);
                    Loader.load(torch_cuda.class);
                });
    }

    /**
     * Why bindings can't be called, if so.
     *
     * @param what they call
     * @param mend what is to be done then
     * @param load loads them
     */
    public static Optional<String> whyNot(String what, String mend, Runnable load) {
        try {
            load.run();
            return Optional.empty();
        } catch (LinkageError e) {
            return Optional.of(what + " can't be called ("
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + "); " + mend);
        }
    }

    @Override
    public Recording record(Runnable work) {
        synchronized (CudaGraphs.class) {
            torch_cuda.device_synchronize();
            if (graphs == 0) { // A pool that nobody uses any more doesn't open again.
                poolNumber.put(0, POOLS.incrementAndGet());
            }
            torch_cuda.beginAllocateToPool(device, pool, Holder.ALL);
            graphs++;
            boolean done = false;
            try {
                final CUgraph_st graph;
                try {
                    graph = captured(work);
                } finally {
                    torch_cuda.endAllocateToPool(device, pool);
                }
                try {
                    final CUgraphExec_st made = new CUgraphExec_st();
                    check(cudart.cudaGraphInstantiate(made, graph, cudart.cudaGraphInstantiateFlagAutoFreeOnLaunch));
                    done = true;
                    return new Graph(made);
                } finally {
                    cudart.cudaGraphDestroy(graph);
                }
            } finally {
                if (!done) {
                    releasePool();
                }
            }
        }
    }

    private CUgraph_st captured(Runnable work) {
        check(cudart.cudaStreamBeginCapture(handle, cudart.cudaStreamCaptureModeRelaxed));
        final CUgraph_st graph = new CUgraph_st();
        boolean done = false;
        try {
            Recorder.doUnderway(work);
            done = true;
        } finally {
            if (!done) {
                cudart.cudaStreamEndCapture(handle, graph);
                cudart.cudaGetLastError();
                if (!graph.isNull()) {
                    cudart.cudaGraphDestroy(graph);
                }
            }
        }
        check(cudart.cudaStreamEndCapture(handle, graph));
        return graph;
    }

    private void releasePool() {
        torch_cuda.getAllocator().releasePool(device, pool);
        graphs--;
    }

    private static void check(int error) {
        if (error != NO_ERROR) {
            cudart.cudaGetLastError();
            throw new IllegalStateException(
                    "CUDA's runtime says: " + cudart.cudaGetErrorString(error).getString());
        }
    }

    @Override
    public void close() {
        synchronized (CudaGraphs.class) {
            try {
                torch_cuda.device_synchronize();
            } finally {
                torch_cuda.setCurrentCUDAStream(before);
                FREE_STREAMS.add(stream);
                before.close();
                poolNumber.close();
            }
        }
    }

    private final class Graph implements Recording {
        private final CUgraphExec_st graph;

        Graph(CUgraphExec_st graph) {
            this.graph = graph;
        }

        @Override
        public void replay() {
            check(cudart.cudaGraphLaunch(graph, handle));
        }

        @Override
        public void close() {
            cudart.cudaGraphExecDestroy(graph);
            releasePool();
        }
    }
}
