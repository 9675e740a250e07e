package dev.finetune.internal.torch;

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
import org.bytedeco.pytorch.global.torch_cuda;

/**
 * Records work as CUDA graphs, as torch.cuda.CUDAGraph does, for which LibTorch's bindings have no class: its allocator gives
 * memory of a pool of its own while the stream is captured, and what a graph computes with stays in the pool. All graphs of a
 * recorder share the pool, so that a replay may overwrite what another one left, but for tensors that are still held.
 *
 * <p>Until it is closed the thread that opened it computes on a stream that can be captured, as the default one can't.
 */
public final class CudaGraphs implements Recorder {
    /** The second part of a pool's number, the first being 0; LibTorch's own are small. */
    private static final AtomicLong POOLS = new AtomicLong(1L << 32);

    private static final int NO_ERROR = 0;

    /** Made when first asked for, on a machine that has a GPU, and kept by the process. */
    private static final class Holder {
        static final CUDAStream STREAM = kept(torch_cuda.getStreamFromPool());
        static final CUstream_st HANDLE = kept(STREAM.stream());
        static final StreamFilter ALL = kept(new StreamFilter() {
            @Override
            public boolean call(Pointer stream) {
                return true;
            }
        });

        private static <P extends Pointer> P kept(P pointer) {
            pointer.retainReference();
            return pointer;
        }
    }

    private final CUDAStream before;
    private final byte device;
    private final LongPointer poolNumber = Holder.kept(new LongPointer(2));
    /** The bindings have no type of its own for the number. */
    private final DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair pool =
            Holder.kept(new DeviceAssertionsDataVectorCUDAKernelLaunchInfoVectorPair(poolNumber));

    private int graphs;

    private CudaGraphs() {
        torch_cuda.device_synchronize();
        this.device = torch_cuda.current_device();
        this.before = Holder.kept(torch_cuda.getCurrentCUDAStream());
        torch_cuda.setCurrentCUDAStream(Holder.STREAM);
    }

    /** A recorder for the current GPU, while there is no reason why not. Use with try-with-resources. */
    public static CudaGraphs open() {
        return new CudaGraphs();
    }

    /** Why graphs can't be recorded on a machine with a GPU, if so. */
    public static Optional<String> whyNot() {
        try {
            Loader.load(cudart.class);
            Loader.load(torch_cuda.class);
            return Optional.empty();
        } catch (LinkageError e) {
            return Optional.of("CUDA's runtime can't be called ("
                    + e.getMessage().lines().findFirst().orElse("") + "); add "
                    + "org.bytedeco:cuda with the classifier linux-x86_64 to the class path.");
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

    private static CUgraph_st captured(Runnable work) {
        check(cudart.cudaStreamBeginCapture(Holder.HANDLE, cudart.cudaStreamCaptureModeRelaxed));
        final CUgraph_st graph = new CUgraph_st();
        boolean done = false;
        UNDERWAY.set(true);
        try {
            work.run();
            done = true;
        } finally {
            UNDERWAY.remove();
            if (!done) {
                cudart.cudaStreamEndCapture(Holder.HANDLE, graph);
                cudart.cudaGetLastError();
                if (!graph.isNull()) {
                    cudart.cudaGraphDestroy(graph);
                }
            }
        }
        check(cudart.cudaStreamEndCapture(Holder.HANDLE, graph));
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
        torch_cuda.device_synchronize();
        torch_cuda.setCurrentCUDAStream(before);
        before.close();
        poolNumber.close();
    }

    private final class Graph implements Recording {
        private final CUgraphExec_st graph;

        Graph(CUgraphExec_st graph) {
            this.graph = graph;
        }

        @Override
        public void replay() {
            check(cudart.cudaGraphLaunch(graph, Holder.HANDLE));
        }

        @Override
        public void close() {
            cudart.cudaGraphExecDestroy(graph);
            releasePool();
        }
    }
}
