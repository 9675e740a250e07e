package dev.finetune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pickles that were written to run something: nothing is made but tensors, numbers, texts and plain containers. */
class MaliciousPicklesTest {
    /** What known attacks call, as "module name". */
    private static final List<String> FUNCTIONS = List.of(
            "os system",
            "os popen",
            "os execv",
            "os remove",
            "posix system",
            "nt system",
            "subprocess Popen",
            "subprocess check_output",
            "commands getoutput",
            "builtins eval",
            "builtins exec",
            "builtins compile",
            "builtins getattr",
            "builtins setattr",
            "builtins __import__",
            "builtins open",
            "builtins map",
            "builtins type",
            "builtins globals",
            "builtins input",
            "builtins breakpoint",
            "__builtin__ eval",
            "__builtin__ apply",
            "__builtin__ execfile",
            "__builtin__ file",
            "operator attrgetter",
            "operator methodcaller",
            "operator itemgetter",
            "functools partial",
            "functools reduce",
            "importlib import_module",
            "imp load_source",
            "runpy run_path",
            "pickle loads",
            "_pickle loads",
            "cPickle loads",
            "dill loads",
            "joblib load",
            "marshal loads",
            "types CodeType",
            "types FunctionType",
            "code InteractiveInterpreter",
            "pdb run",
            "timeit timeit",
            "cProfile run",
            "pty spawn",
            "platform popen",
            "shutil rmtree",
            "socket create_connection",
            "urllib.request urlopen",
            "webbrowser open",
            "ctypes CDLL",
            "multiprocessing.util spawnv_passfds",
            "asyncio.unix_events _UnixSubprocessTransport",
            "sys modules",
            "copyreg __newobj__",
            "copyreg _extension_registry",
            "collections OrderedDict.fromkeys",
            "collections namedtuple",
            "numpy load",
            "numpy.testing._private.utils runstring",
            "numpy.f2py.crackfortran getlincoef",
            "torch load",
            "torch.hub load",
            "torch.jit load",
            "torch.storage _load_from_bytes",
            "torch.serialization load",
            "torch._utils _import_dotted_name",
            "torch._dynamo.guards GuardBuilder.get",
            "torch.utils._config_module load_config",
            "torch.utils.collect_env run",
            "torch.fx.graph_module reduce_graph_module",
            "torch.nn.modules.container Sequential",
            "transformers AutoModel.from_pretrained",
            "__main__ Evil",
            " system",
            "posix ");

    private static final String COMMAND = "X\u0005\u0000\u0000\u0000touch";

    @TempDir
    private Path temp;

    /** The ways in which a pickle can name a function and have it called, or leave it where it would be called later. */
    private static Stream<String> ways(String module, String name) {
        final String global = "c" + module + "\n" + name + "\n";
        final String stacked = text(module) + text(name) + "\u0093";
        return Stream.of(
                global + ".",
                stacked + ".",
                global + "(" + COMMAND + "tR.",
                stacked + COMMAND + "\u0085R.",
                "(" + COMMAND + "i" + module + "\n" + name + "\n.",
                "(" + global + COMMAND + "o.",
                global + COMMAND + "\u0085\u0081.",
                stacked + COMMAND + "\u0085}\u0092.",
                "(" + COMMAND + "tp0\n0" + global + "g0\nR.",
                text(module) + "\u0094" + text(name) + "\u00940h\u0000h\u0001\u0093" + COMMAND + "\u0085R.",
                "}" + text("weight") + global + COMMAND + "\u0085Rs.",
                "]" + stacked + "a.",
                "}" + stacked + "Ns.",
                "ccollections\nOrderedDict\n)R}" + text("__reduce__") + stacked + "sb.",
                "ccollections\nOrderedDict\n" + stacked + "\u0085R.",
                "ctorch._tensor\n_rebuild_from_type_v2\n(" + global + "N" + COMMAND + "\u0085NtR.",
                "ctorch._utils\n_rebuild_parameter\n" + stacked + "\u0088N\u0087R.",
                "(" + text("storage") + stacked + text("0") + text("cpu") + "K\u0001tQ.",
                "\u0080\u0004\u0095\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000" + stacked + ".");
    }

    private static String text(String value) {
        return "X" + (char) value.length() + "\u0000\u0000\u0000" + value;
    }

    static List<String> functions() {
        return FUNCTIONS;
    }

    @ParameterizedTest
    @MethodSource("functions")
    void whateverTheWayAFunctionIsRefusedByItsName(String function) {
        final String[] parts = function.split(" ", -1);
        ways(parts[0], parts[1])
                .forEach(pickle -> assertThatThrownBy(() -> load(pickle))
                        .as(pickle)
                        .isInstanceOf(FinetuneException.class)
                        .hasMessageContaining("a.pkl")
                        .hasMessageContaining(parts[0] + "." + parts[1])
                        .hasMessageContaining("would run code"));
    }

    /** Allowed names, called with whatever an attack would hand them, come to data or to an error. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "collections OrderedDict",
                "collections defaultdict",
                "collections Counter",
                "collections deque",
                "builtins dict",
                "builtins list",
                "builtins set",
                "builtins bytearray",
                "builtins object",
                "builtins str",
                "builtins range",
                "copyreg _reconstructor",
                "copy_reg _reconstructor",
                "_codecs encode",
                "argparse Namespace",
                "types SimpleNamespace",
                "datetime datetime",
                "pathlib PosixPath",
                "torch Size",
                "torch device",
                "torch Tensor",
                "torch FloatStorage",
                "torch float32",
                "torch.serialization _get_layout",
                "torch.nn.parameter Parameter",
                "torch._utils _rebuild_tensor",
                "torch._utils _rebuild_tensor_v2",
                "torch._utils _rebuild_tensor_v3",
                "torch._utils _rebuild_parameter",
                "torch._utils _rebuild_parameter_with_state",
                "torch._utils _rebuild_sparse_tensor",
                "torch._utils _rebuild_qtensor",
                "torch._tensor _rebuild_from_type_v2",
                "numpy dtype",
                "numpy ndarray",
                "numpy.core.multiarray scalar",
                "numpy._core.multiarray _reconstruct",
                "numpy.core.numeric _frombuffer"
            })
    void whatIsAllowedMakesNothingButData(String function) {
        final String[] parts = function.split(" ");
        final List<String> arguments = List.of(
                ")",
                "N\u0085",
                COMMAND + "\u0085",
                "]\u0085",
                "}\u0085",
                "cbuiltins\nobject\n\u0085",
                "cbuiltins\nobject\ncbuiltins\nobject\nN\u0087",
                "ctorch._utils\n_rebuild_tensor_v2\n" + COMMAND + "\u0085\u0086",
                "((((tttt",
                "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\u0001tQK\u0000)"
                        + ")\u0089N" + "(" + "t");
        ways(parts[0], parts[1]).forEach(this::assertData);
        for (String argument : arguments) {
            for (String call : List.of("R", "\u0081", "}\u0092", "R}b", "R]b", "R0N", "\u0085R", "2R")) {
                assertData("c" + parts[0] + "\n" + parts[1] + "\n" + argument + call + ".");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0082\u0001.",
                "\u0083\u0001\u0001.",
                "\u0084\u0001\u0001\u0001\u0001.",
                "\u0082\u0000.",
                "ccollections\nOrderedDict\n}X\u0008\u0000\u0000\u0000__init__Nsb.",
                "cbuiltins\nobject\n}b.",
                "ctorch\nFloatStorage\nNb."
            })
    void extensionCodesAndChangesOfTypesAreRefused(String pickle) {
        assertThatThrownBy(() -> load(pickle))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("would run code");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Pposix.system\n.",
                "NQ.",
                "]Q.",
                "K\u0001Q.",
                "X\u0001\u0000\u0000\u0000aQ.",
                "}Q.",
                "h\u0000.",
                "j\u00ff\u00ff\u00ff\u00ff.",
                "g99999999999999999999\n.",
                "Nr\u00ff\u00ff\u00ff\u00ff0j\u00fe\u00ff\u00ff\u00ff.",
                "(Nq\u00001h\u0001.",
                "p0\n.",
                "\u0094.",
                "\u0097.",
                "\u0098."
            })
    void whatIsNeitherDataNorMemoIsAnError(String pickle) {
        assertThatThrownBy(() -> load(pickle))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("a.pkl");
    }

    @Test
    void aPickleInsideAPickleStaysBytes() throws IOException {
        final String inner = "cposix\nsystem\n(" + COMMAND + "tR.";
        assertThat(load("B" + (char) inner.length() + "\u0000\u0000\u0000" + inner + "."))
                .isInstanceOf(byte[].class);
        assertData("c_codecs\nencode\n" + text("cposix\nsystem\n.") + text("latin1") + "\u0086R.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../../evil", "/tmp/evil", "archive/../../evil", "C:\\evil", "archive/data/../../evil", "~"})
    void namesThatLeaveTheArchiveAreNeverFollowed(String name) throws IOException {
        final byte[] pickle = bytes("}.");
        final Path file = zip(Map.of("archive/data.pkl", pickle, name, bytes("evil")), ZipEntry.STORED);
        final List<Path> before = files();

        assertThatThrownBy(() -> Weights.open(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("holds no dict of tensors");
        assertThat(files()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../../../../../etc/passwd", "/etc/passwd", "../data.pkl/", "nothing"})
    void tensorsWhoseDataLiesElsewhereAreRefused(String key) throws IOException {
        final byte[] pickle = bytes("}" + text("w") + "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage")
                + "ctorch\nFloatStorage\n" + text(key) + text("cpu") + "K\u0001tQK\u0000K\u0001\u0085K\u0001\u0085"
                + "\u0089ccollections\nOrderedDict\n)RtRs.");
        final Path file = zip(Map.of("archive/data.pkl", pickle), ZipEntry.STORED);

        assertThatThrownBy(() -> Weights.open(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("the archive has no record archive/data/" + key);
    }

    @Test
    void whatIsCompressedIsNotUnpacked() throws IOException {
        final Path file = zip(Map.of("archive/data.pkl", new byte[64 << 20]), ZipEntry.DEFLATED);

        assertThat(Files.size(file)).isLessThan(1 << 20);
        assertThatThrownBy(() -> Weights.open(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("is compressed");
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(temp)) {
            return files.sorted().toList();
        }
    }

    private Path zip(Map<String, byte[]> records, int method) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(method);
            for (Map.Entry<String, byte[]> record : records.entrySet()) {
                final ZipEntry entry = new ZipEntry(record.getKey());
                final CRC32 sum = new CRC32();
                sum.update(record.getValue());
                entry.setSize(record.getValue().length);
                entry.setCrc(sum.getValue());
                zip.putNextEntry(entry);
                zip.write(record.getValue());
            }
        }
        return Files.write(temp.resolve("pytorch_model.bin"), bytes.toByteArray());
    }

    private void assertData(String pickle) {
        final Object value;
        try {
            value = load(pickle);
        } catch (FinetuneException e) {
            assertThat(e).as(pickle).hasMessageContaining("a.pkl");
            return;
        } catch (IOException | RuntimeException | Error e) {
            fail(pickle, e);
            return;
        }
        final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        final Deque<Object> open = new ArrayDeque<>(List.of(value));
        while (!open.isEmpty()) {
            final Object next = open.pop();
            if (seen.add(next)) {
                assertThat(next)
                        .as(pickle)
                        .isInstanceOfAny(
                                Pickled.class,
                                Long.class,
                                BigInteger.class,
                                Double.class,
                                Boolean.class,
                                String.class,
                                byte[].class);
                open.addAll(inside(next));
            }
        }
    }

    private static List<Object> inside(Object value) {
        if (value instanceof Tuple tuple) {
            return tuple.items();
        }
        if (value instanceof PyList list) {
            return list.items();
        }
        if (value instanceof Dict dict) {
            final List<Object> all = new ArrayList<>(dict.entries().keySet());
            all.addAll(dict.entries().values());
            return all;
        }
        return List.of();
    }

    private Object load(String pickle) throws IOException {
        final byte[] bytes = bytes(pickle);
        final Path file = Files.write(temp.resolve("a.pkl"), bytes);
        try (FileChannel channel = FileChannel.open(file)) {
            return Unpickler.load(file, new FileRegion(channel, 0, bytes.length), id -> PickledFile.storage(id, 5));
        }
    }

    private static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }
}
