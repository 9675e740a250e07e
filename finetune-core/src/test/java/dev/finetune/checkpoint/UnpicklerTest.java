package dev.finetune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import dev.finetune.checkpoint.Pickled.Dict;
import dev.finetune.checkpoint.Pickled.PyList;
import dev.finetune.checkpoint.Pickled.Tuple;
import dev.finetune.error.FinetuneException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnpicklerTest {
    @TempDir
    private Path temp;

    static List<String> pickles() {
        return Fixtures.EXPECTED.getAsJsonArray("pickles").asList().stream()
                .map(JsonElement::getAsString)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("pickles")
    void plainValuesOfEveryProtocolAreReadAsPythonWroteThem(String base64) throws IOException {
        Map<Object, Object> value = entries(load(Base64.getDecoder().decode(base64)));
        assertThat(items(value.get("ints")))
                .containsExactly(
                        0L,
                        -1L,
                        255L,
                        256L,
                        65536L,
                        -(1L << 31),
                        1L << 40,
                        BigInteger.TWO.pow(70).negate(),
                        true,
                        false);
        assertThat(items(value.get("floats"))).containsExactly(0.5, -1e300, Double.POSITIVE_INFINITY);
        assertThat(items(value.get("strings")))
                .containsExactly("", "a'b\"c\\d\n\t", "ключ", "\ud83d\ude00", "x".repeat(300));
        assertThat(items(value.get("tuples")).stream().map(tuple -> ((Tuple) tuple).items()))
                .containsExactly(List.of(), List.of(1L), List.of(1L, 2L), List.of(1L, 2L, 3L), List.of(1L, 2L, 3L, 4L));
        assertThat(value.get("none")).isEqualTo(Pickled.None.NONE);
        List<Object> shared = items(value.get("shared"));
        assertThat(shared.get(0)).isSameAs(shared.get(1));
        assertThat(items(entries(entries(value.get("nested")).get("a")).get("b")))
                .hasSize(1);
        assertThat(value.entrySet().stream()
                        .filter(entry -> entry.getKey().toString().equals("7"))
                        .map(Map.Entry::getValue))
                .containsExactly("number");
    }

    @Test
    void aListThatHoldsItselfIsNoTrouble() throws IOException {
        PyList list = (PyList) load(bytes("]q\u0000h\u0000a."));
        assertThat(list.items()).hasSize(1);
        assertThat(list.items().get(0)).isSameAs(list);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cposix\nsystem\n.",
                "cbuiltins\neval\n.",
                "cbuiltins\ngetattr\n.",
                "c__builtin__\n__import__\n.",
                "ctorch.storage\n_load_from_bytes\n.",
                "ctorch._utils\nimport_module\n.",
                "\u008c\u0005posix\u008c\u0006system\u0093.",
                "\u008c\u000bcollections\u008c\u0014OrderedDict.__init__\u0093.",
                "(S'ls'\niposix\nsystem\n.",
                "\u0082\u0001."
            })
    void whatCouldRunIsRefused(String pickle) {
        assertThatThrownBy(() -> load(bytes(pickle)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("would run code");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "(",
                "(.",
                "1.",
                "a.",
                "]",
                "N(a.",
                "}N(Nu.",
                "h\u0001.",
                "g-1\n.",
                "Ix\n.",
                "Fx\n.",
                "Sx\n.",
                "S'\\q'\n.",
                "V\\u12\n.",
                "V\\Uffffffff\n.",
                "X\u00ff\u00ff\u00ff\u00ff.",
                "T\u00ff\u00ff\u00ff\u00ff.",
                "\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f.",
                "\u008b\u00ff\u00ff\u00ff\u00ff.",
                "\u0080\u0006.",
                "X\u0001\u0000\u0000\u0000\u00ff.",
                "NNR.",
                "ctorch\nFloatStorage\n)R.",
                "ccollections\nOrderedDict\nNR.",
                "ccollections\nOrderedDict\n(]K\u0001ataR.",
                "ctorch._utils\n_rebuild_tensor_v2\n)R.",
                "ctorch._utils\n_rebuild_parameter\n)R.",
                "NQ.",
                "Pkey\n.",
                "\u0097.",
                "\u00ff.",
                "(o."
            })
    void aBrokenPickleIsAnErrorThatNamesTheFile(String pickle) {
        assertThatThrownBy(() -> load(bytes(pickle)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("a.pkl");
    }

    @Test
    void tuplesNestedWithoutEndNeedNoDeepStack() throws IOException {
        byte[] nested = new byte[3_000_000];
        Arrays.fill(nested, (byte) 0x85); // ever deeper tuples
        nested[0] = 'N';
        nested[nested.length - 1] = '.';
        assertThat(load(nested)).isInstanceOf(Tuple.class);
    }

    @Test
    void aPickleOfTooManyStepsIsRefused() {
        byte[] wide = new byte[Unpickler.MAX_STEPS + 10];
        Arrays.fill(wide, (byte) '}');
        assertThatThrownBy(() -> load(wide))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("steps");
    }

    @Test
    void copyingALongListAgainAndAgainIsRefused() throws IOException {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.writeBytes(bytes("ccollections\nOrderedDict\nq\u0000}("));
        for (int i = 0; i < 1000; i++) {
            pickle.writeBytes(bytes("M"));
            pickle.write(i);
            pickle.write(i >> 8);
            pickle.write('N');
        }
        pickle.writeBytes(bytes("uq\u0001"));
        for (int i = 0; i < 10_000; i++) {
            pickle.writeBytes(bytes("h\u0000h\u0001\u0085R"));
        }
        pickle.write('.');
        assertThatThrownBy(() -> load(pickle.toByteArray()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("steps");
    }

    @Test
    void callsNestedWithoutEndNeedNoDeepStack() {
        String function = "ctorch._tensor\n_rebuild_from_type_v2\n";
        StringBuilder pickle =
                new StringBuilder(function).append("(").append(function).append("N(");
        for (int i = 0; i < 20_000; i++) {
            pickle.append(function).append("N(");
        }
        pickle.append("t".repeat(20_001)).append("tR.");

        assertThatThrownBy(() -> load(bytes(pickle.toString())))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("called within itself");
    }

    @Test
    void keysThatShareAHashAreNoTrouble() throws IOException {
        StringBuilder pickle = new StringBuilder("}(");
        for (int i = 0; i < 20_000; i++) {
            pickle.append("I").append((long) i << 32 | i).append("\nN");
        }

        assertThat(entries(load(bytes(pickle.append("u.").toString())))).hasSize(20_000);
    }

    private Object load(byte[] pickle) throws IOException {
        Path file = Files.write(temp.resolve("a.pkl"), pickle);
        try (FileChannel channel = FileChannel.open(file)) {
            return Unpickler.load(file, new FileRegion(channel, 0, pickle.length), id -> id);
        }
    }

    private static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static List<Object> items(Object list) {
        return ((PyList) list).items();
    }

    private static Map<Object, Object> entries(Object dict) {
        return ((Dict) dict).entries();
    }
}
