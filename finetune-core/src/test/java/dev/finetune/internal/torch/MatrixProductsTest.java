package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MatrixProductsTest {
    @Test
    void mklIsTakenWhereItIsThereButNotOnAmd() {
        assertThat(MatrixProducts.best(false, true)).isEqualTo(MatrixProducts.MKL);
        assertThat(MatrixProducts.best(true, true)).isEqualTo(MatrixProducts.OPENBLAS);
        assertThat(MatrixProducts.best(false, false)).isEqualTo(MatrixProducts.OPENBLAS);
    }

    @Test
    void amdIsKnownFromWhatLinuxAndWindowsTell() {
        assertThat(MatrixProducts.amd(List.of("processor\t: 0", "vendor_id\t: AuthenticAMD"), Map.of()))
                .isTrue();
        assertThat(MatrixProducts.amd(List.of("processor\t: 0", "vendor_id\t: GenuineIntel"), Map.of()))
                .isFalse();
        assertThat(MatrixProducts.amd(
                        List.of(), Map.of("PROCESSOR_IDENTIFIER", "AMD64 Family 25 Model 97 Stepping 2, AuthenticAMD")))
                .isTrue();
        assertThat(MatrixProducts.amd(List.of(), Map.of())).isFalse();
    }
}
