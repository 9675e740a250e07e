package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.error.OutOfMemoryException;
import dev.finetune.nn.ForwardContext;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryLimitTest {
    private final long before = MemoryLimit.bytes();

    @AfterEach
    void asBefore() {
        MemoryLimit.set(before);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "123,123", "4k,4096", "500m,524288000", "6g,6442450944", "1T,1099511627776", " 2GB ,2147483648"})
    void aLimitIsANumberOfBytesOrOfTheirMultiples(String said, long bytes) {
        assertThat(MemoryLimit.parsed(said)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"6 g", "-1", "much", "1.5g", "99999999999999999999"})
    void anotherIsRefusedByTheNameOfTheSetting(String said) {
        assertThatThrownBy(() -> MemoryLimit.parsed(said))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("dev.finetune.maxMemory", "\"" + said + "\"", "such as 6g");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "many", "2.5", "100000"})
    void aNumberOfThreadsIsOneOrMore(String said) {
        assertThat(ThreadLimit.parsed(" 4 ")).isEqualTo(4);
        assertThatThrownBy(() -> ThreadLimit.parsed(said))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("dev.finetune.threads", "\"" + said + "\"");
    }

    @Test
    void theDefaultLeavesRoomBelowWhatTheMachineHas() {
        assertThat(before).isGreaterThan(1L << 28).isLessThan(1L << 50);
    }

    @Test
    void aStageThatWouldGoBeyondItDoesNotBegin() {
        final ForwardContext context = ForwardContext.evaluating();
        context.enter(0);
        MemoryLimit.set(1L << 20);
        assertThatThrownBy(() -> context.enter(1))
                .isInstanceOf(MemoryLimit.Reached.class)
                .hasMessageContainingAll("the process holds ", "beyond the 1.0 MB that it may take", "maxMemory");
        MemoryLimit.set(0);
        context.enter(2);
    }

    @Test
    void theNextStageIsTakenToNeedWhatTheOnesBeforeDid() {
        final ForwardContext context = ForwardContext.evaluating();
        context.enter(0);
        final long stage = 256L << 20;
        try (Tensor taken = torch.ones(stage / 4)) {
            context.enter(1);
            // Another of them doesn't fit, though there is room for half of one.
            MemoryLimit.set(org.bytedeco.javacpp.Pointer.physicalBytes() + stage / 2);
            assertThatThrownBy(() -> context.enter(2)).isInstanceOf(MemoryLimit.Reached.class);
            assertThat(taken.numel()).isEqualTo(stage / 4);
        }
    }

    @Test
    void whatSaysThatMemoryRanOutIsToldFromWhatDoesNot() {
        for (Throwable thrown : new Throwable[] {
            new RuntimeException(
                    "[enforce fail at alloc_cpu.cpp:127] data. DefaultCPUAllocator: not enough memory: you tried to"
                            + " allocate 1500000000 bytes."),
            new RuntimeException(
                    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB"),
            new RuntimeException("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
            new RuntimeException("std::bad_alloc"),
            new OutOfMemoryError("Physical memory usage is too high: physicalBytes (1025M) > maxPhysicalBytes (1024M)"),
            new OutOfMemoryError("Cannot allocate new LongPointer(3): totalBytes = 1, physicalBytes = 2")
        }) {
            assertThat(MemoryFailures.translate("Step 3", thrown, () -> "Less helps."))
                    .as(thrown.getMessage())
                    .isInstanceOf(OutOfMemoryException.class)
                    .hasMessageStartingWith("Step 3: memory ran out: ")
                    .hasMessageEndingWith(". Less helps.")
                    .hasCause(thrown);
        }
        assertThat(MemoryFailures.translate("Step 3", new RuntimeException("The size of tensor a\nmore"), () -> ""))
                .isExactlyInstanceOf(FinetuneException.class)
                .hasMessage("Step 3: The size of tensor a");
        final OutOfMemoryError heap = new OutOfMemoryError("Java heap space");
        assertThatThrownBy(() -> MemoryFailures.translate("Step 3", heap, () -> ""))
                .isSameAs(heap);
    }
}
