package dev.finetune.internal.distributed;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.natives.Once;
import dev.finetune.internal.torch.CudaGraphs;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.nccl;
import org.bytedeco.cuda.nccl.ncclComm;
import org.bytedeco.cuda.nccl.ncclConfig_t;
import org.bytedeco.cuda.nccl.ncclUniqueId;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.bytedeco.pytorch.global.torch_cuda;
import org.jspecify.annotations.Nullable;

/**
 * NCCL, by its bindings, on the GPU and the stream that LibTorch computes on in the calling thread. Its communicators don't block
 * (ncclConfig_t.blocking).
 */
final class NcclBindings implements NcclLibrary {
    private static final Once<Optional<String>> WHY_NOT = new Once<>(NcclBindings::load);

    /** NCCL_CONFIG_UNDEF_INT of nccl.h. */
    private static final int UNDEFINED = Integer.MIN_VALUE;

    private static final int NO_ERROR = 0;
    private static final int BUS_ID_BYTES = 32;

    private static Optional<String> load() {
        return CudaGraphs.whyNot(
                "NCCL",
                "add org.bytedeco:cuda and org.bytedeco:cuda-redist-nccl with the classifier linux-x86_64 to the class"
                        + " path, or install NCCL 2 for CUDA 13 on the machine",
                () -> {
                    Loader.load(torch_cuda.class);
                    Loader.load(nccl.class);
                });
    }

    @Override
    public Optional<String> whyNot() {
        return WHY_NOT.get();
    }

    @Override
    public boolean takes(List<Tensor> tensors) {
        try (PointerScope scope = new PointerScope()) {
            return tensors.stream().allMatch(Tensor::is_cuda)
                    && tensors.stream()
                                    .map(tensor -> tensor.device().index())
                                    .distinct()
                                    .count()
                            == 1;
        }
    }

    @Override
    public String version() {
        final int[] code = new int[1];
        check(nccl.ncclGetVersion(code));
        return code[0] / 10_000 + "." + code[0] / 100 % 100 + "." + code[0] % 100;
    }

    @Override
    public String gpu() {
        final byte[] id = new byte[BUS_ID_BYTES];
        final int error = cudart.cudaDeviceGetPCIBusId(id, id.length, torch_cuda.current_device());
        if (error != NO_ERROR) {
            cudart.cudaGetLastError();
            throw new FinetuneException(
                    "CUDA's runtime says: " + cudart.cudaGetErrorString(error).getString());
        }
        int length = 0;
        while (length < id.length && id[length] != 0) {
            length++;
        }
        return new String(id, 0, length, StandardCharsets.US_ASCII);
    }

    @Override
    public byte[] uniqueId() {
        try (PointerScope scope = new PointerScope()) {
            final ncclUniqueId id = new ncclUniqueId();
            check(nccl.ncclGetUniqueId(id));
            final byte[] bytes = new byte[nccl.NCCL_UNIQUE_ID_BYTES];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = id.internal(i);
            }
            return bytes;
        }
    }

    @Override
    public Communicator begin(byte[] uniqueId, int rank, int size) {
        try (PointerScope scope = new PointerScope()) {
            final ncclUniqueId id = new ncclUniqueId();
            for (int i = 0; i < uniqueId.length; i++) {
                id.internal(i, uniqueId[i]);
            }
            // NCCL may write there again, from a thread of its own, as long as it connects.
            final PointerPointer<ncclComm> place = new PointerPointer<>(1);
            place.put(0, null);
            final int result = nccl.ncclCommInitRankConfig(place, size, id, rank, configuration());
            final ncclComm made = place.get(ncclComm.class, 0);
            if (made == null) {
                check(result);
                throw new FinetuneException("NCCL has made no communicator.");
            }
            place.retainReference();
            made.retainReference();
            return new Connection(place, made);
        }
    }

    /** NCCL_CONFIG_INITIALIZER of nccl.h, and not to block; NCCL copies it. */
    private static ncclConfig_t configuration() {
        final ncclConfig_t config = new ncclConfig_t();
        Pointer.memset(config, 0, config.sizeof()); // Names are none.
        return config.size(config.sizeof())
                .magic(nccl.NCCL_API_MAGIC)
                .version(nccl.NCCL_VERSION_CODE)
                .blocking(0)
                .cgaClusterSize(UNDEFINED)
                .minCTAs(UNDEFINED)
                .maxCTAs(UNDEFINED)
                .splitShare(UNDEFINED)
                .trafficClass(UNDEFINED)
                .collnetEnable(UNDEFINED)
                .CTAPolicy(UNDEFINED)
                .shrinkShare(UNDEFINED)
                .nvlsCTAs(UNDEFINED)
                .nChannelsPerNetPeer(UNDEFINED)
                .nvlinkCentricSched(UNDEFINED)
                .graphUsageMode(UNDEFINED)
                .numRmaCtx(UNDEFINED);
    }

    @Override
    public boolean isIdle() {
        try (PointerScope scope = new PointerScope()) {
            return torch_cuda.getCurrentCUDAStream().query();
        }
    }

    /** What hasn't failed; it may be under way. */
    private static void check(int result) {
        if (result != nccl.ncclSuccess && result != nccl.ncclInProgress) {
            try (PointerScope scope = new PointerScope()) {
                final String more = nccl.ncclGetLastError(null).getString();
                throw new FinetuneException(
                        "NCCL says: " + nccl.ncclGetErrorString(result).getString()
                                + (more.isBlank() ? "" : " (" + more.strip() + ")"));
            }
        }
    }

    private static int type(Tensor tensor) {
        final ScalarType type = tensor.scalar_type().intern();
        return switch (type) {
            case Float -> nccl.ncclFloat32;
            case Double -> nccl.ncclFloat64;
            case Long -> nccl.ncclInt64;
            case BFloat16 -> nccl.ncclBfloat16;
            default -> throw new IllegalArgumentException("NCCL isn't given numbers of " + type);
        };
    }

    /** Which of a group's calls is meant. */
    private interface Call {
        int of(Pointer numbers, long count, int type, @Nullable CUstream_st stream);
    }

    /** A communicator. */
    private static final class Connection implements Communicator {
        private final PointerPointer<ncclComm> place;
        private final ncclComm communicator;

        Connection(PointerPointer<ncclComm> place, ncclComm communicator) {
            this.place = place;
            this.communicator = communicator;
        }

        @Override
        public boolean isReady() {
            final int[] state = new int[1];
            check(nccl.ncclCommGetAsyncError(communicator, state));
            check(state[0]);
            return state[0] == nccl.ncclSuccess;
        }

        @Override
        public void sum(List<Tensor> tensors) {
            together(
                    tensors,
                    (numbers, count, type, stream) ->
                            nccl.ncclAllReduce(numbers, numbers, count, type, nccl.ncclSum, communicator, stream));
        }

        @Override
        public void broadcast(List<Tensor> tensors) {
            together(
                    tensors,
                    (numbers, count, type, stream) ->
                            nccl.ncclBroadcast(numbers, numbers, count, type, 0, communicator, stream));
        }

        /** One group, which NCCL begins when it is complete. */
        private static void together(List<Tensor> tensors, Call call) {
            try (PointerScope scope = new PointerScope()) {
                // The stream that a thread has by default is no pointer.
                final @Nullable CUstream_st stream = torch_cuda.getCurrentCUDAStream().stream();
                check(nccl.ncclGroupStart());
                int result = nccl.ncclSuccess;
                int end;
                try {
                    for (Tensor tensor : tensors) {
                        if (result == nccl.ncclSuccess || result == nccl.ncclInProgress) {
                            result = call.of(tensor.data_ptr(), tensor.numel(), type(tensor), stream);
                        }
                    }
                } finally {
                    end = nccl.ncclGroupEnd();
                }
                check(result);
                check(end);
            }
        }

        @Override
        public void finish() {
            check(nccl.ncclCommFinalize(communicator));
        }

        @Override
        public void destroy() {
            end(nccl.ncclCommDestroy(communicator));
        }

        @Override
        public void abort() {
            end(nccl.ncclCommAbort(communicator));
        }

        private void end(int result) {
            place.close();
            check(result);
        }
    }
}
