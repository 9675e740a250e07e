package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FreedBlocksTest {
    private static final int THRESHOLD = -3;

    /** What an allocator is told that takes no larger threshold than this. */
    private static List<Integer> told(int largest) {
        final List<Integer> taken = new ArrayList<>();
        FreedBlocks.keep((parameter, value) -> {
            if (parameter == THRESHOLD && value > largest) {
                return false;
            }
            taken.add(parameter == THRESHOLD ? value : parameter);
            return true;
        });
        return taken;
    }

    @ParameterizedTest(name = "one that takes {0} bytes")
    @CsvSource({"2147483647, 1073741824", "33554432, 33554432"})
    void anAllocatorGetsTheLargestThresholdThatItTakes(int largest, int expected) {
        assertThat(told(largest)).containsExactly(expected, -1, -2);
    }

    @Test
    void anAllocatorThatTakesNoneIsLeftAsItIs() {
        assertThat(told(1 << 20)).isEmpty();
    }
}
