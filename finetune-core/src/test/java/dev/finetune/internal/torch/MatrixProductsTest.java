package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MatrixProductsTest {
    private static final String AMD = "vendor_id\t: AuthenticAMD";
    private static final String AVX2 = "flags\t\t: fpu sse4_2 avx avx2 fma";

    @Test
    void mklIsTakenWhereItIsThereButNotOnAmdWithAvx512() {
        assertThat(MatrixProducts.best(false, true)).isEqualTo(MatrixProducts.MKL);
        assertThat(MatrixProducts.best(true, true)).isEqualTo(MatrixProducts.OPENBLAS);
        assertThat(MatrixProducts.best(false, false)).isEqualTo(MatrixProducts.OPENBLAS);
    }

    @Test
    void amdAndAvx512AreKnownFromWhatLinuxTells() {
        assertThat(MatrixProducts.amdWithAvx512(List.of("processor\t: 0", AMD, AVX2 + " avx512f avx512dq"), Map.of()))
                .isTrue();
        assertThat(MatrixProducts.amdWithAvx512(List.of("processor\t: 0", AMD, AVX2), Map.of()))
                .isFalse();
        assertThat(MatrixProducts.amdWithAvx512(
                        List.of("processor\t: 0", "vendor_id\t: GenuineIntel", AVX2 + " avx512f"), Map.of()))
                .isFalse();
    }

    @Test
    void whereOnlyTheVendorIsToldAmdCountsAsOneWithAvx512() {
        assertThat(MatrixProducts.amdWithAvx512(
                        List.of(), Map.of("PROCESSOR_IDENTIFIER", "AMD64 Family 25 Model 97 Stepping 2, AuthenticAMD")))
                .isTrue();
        assertThat(MatrixProducts.amdWithAvx512(List.of(), Map.of())).isFalse();
    }
}
