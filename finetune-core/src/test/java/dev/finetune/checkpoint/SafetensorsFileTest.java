package dev.finetune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
    @TempDir
    private Path temp;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{`a`:{`dtype`:`F32`,`shape`:[2],`data_offsets`:[0,8]}} | 4 | take 8 bytes, and it has 4",
                "{`a`:{`dtype`:`F32`,`shape`:[2],`data_offsets`:[0,8]}} | 9 | take 8 bytes, and it has 9",
                "{`a`:{`dtype`:`F32`,`shape`:[3],`data_offsets`:[0,8]}} | 8 | 'a' has 8 bytes, and F32 [3] takes 12",
                "{`a`:{`dtype`:`F4`,`shape`:[3],`data_offsets`:[0,1]}} | 1 | 'a' has 1 bytes, and F4 [3] takes 2",
                "{`a`:{`dtype`:`F32`,`shape`:[2],`data_offsets`:[8,0]}} | 8 | aren't a start and an end",
                "{`a`:{`dtype`:`F32`,`shape`:[2],`data_offsets`:[8]}} | 8 | aren't a start and an end",
                "{`a`:{`dtype`:`U8`,`shape`:[2],`data_offsets`:[1,3]}} | 3 | 'a' starts at 1",
                "{`a`:{`dtype`:`U8`,`shape`:[2],`data_offsets`:[0,2]},`b`:{`dtype`:`U8`,`shape`:[2],`data_offsets`:[1,3]}} | 3 | 'b' starts at 1",
                "{`a`:{`dtype`:`U8`,`shape`:[2],`data_offsets`:[0,2]},`a`:{`dtype`:`U8`,`shape`:[0],`data_offsets`:[2,2]}} | 2 | 'a' twice",
                "{`a`:{`dtype`:`U8`,`dtype`:`U8`,`shape`:[2],`data_offsets`:[0,2]}} | 2 | dtype twice",
                "{`a`:{`dtype`:`U8`,`shape`:[-2],`data_offsets`:[0,2]}} | 2 | has -2, not a number of 0 or more",
                "{`a`:{`dtype`:`U8`,`shape`:[2.0],`data_offsets`:[0,2]}} | 2 | has 2.0, not a number",
                "{`a`:{`dtype`:`U8`,`shape`:[`2`],`data_offsets`:[0,2]}} | 2 | has STRING, not a number",
                "{`a`:{`dtype`:`U8`,`shape`:[9999999999999999999],`data_offsets`:[0,2]}} | 2 | too large",
                "{`a`:{`dtype`:`U8`,`shape`:[4294967296,4294967296],`data_offsets`:[0,0]}} | 0 | can be counted",
                "{`a`:{`dtype`:`U8`,`shape`:[0,4294967296,4294967296],`data_offsets`:[0,0]}} | 0 | can be counted",
                "{`a`:{`dtype`:`F64`,`shape`:[2305843009213693952],`data_offsets`:[0,0]}} | 0 | can be counted",
                "{`a`:{`dtype`:8,`shape`:[2],`data_offsets`:[0,2]}} | 2 | dtype of 'a' is NUMBER",
                "{`a`:{`shape`:[2],`data_offsets`:[0,2]}} | 2 | 'a' lacks one of",
                "{`a`:3} | 0 | isn't the JSON object",
                "{`__metadata__`:{`a`:3}} | 0 | NUMBER under 'a', not a string",
                "{`__metadata__`:{},`__metadata__`:{}} | 0 | __metadata__ twice",
                "[] | 0 | isn't the JSON object",
                "{ | 0 | isn't the JSON object",
                "{'a':3} | 0 | isn't the JSON object",
                "{} {} | 0 | header"
            })
    void aBrokenHeaderIsRefusedByFileAndKey(String header, int dataBytes, String words) throws IOException {
        Path file = write(header.replace('`', '"'), dataBytes);
        assertThatThrownBy(() -> Weights.open(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(words);
    }

    @ParameterizedTest
    @CsvSource({"99999999999", "100000001", "-1", "1000"})
    void aHeaderThatIsTooLongIsRefused(long length) throws IOException {
        Path file = temp.resolve("a.safetensors");
        ByteBuffer bytes =
                ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
        Files.write(file, bytes.array());
        assertThatThrownBy(() -> Weights.open(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("header would have");
    }

    @Test
    void aHeaderThatIsNotUtf8IsRefused() throws IOException {
        Path file = temp.resolve("a.safetensors");
        Files.write(file, new byte[] {5, 0, 0, 0, 0, 0, 0, 0, '{', '"', (byte) 0xff, '"', '}'});
        assertThatThrownBy(() -> Weights.open(file)).isInstanceOf(FinetuneException.class);
    }

    @Test
    void anEmptyFileIsRefused() throws IOException {
        Path file = Files.createFile(temp.resolve("a.safetensors"));
        assertThatThrownBy(() -> Weights.open(file)).isInstanceOf(FinetuneException.class);
    }

    @Test
    void aTypeOfTheFutureIsRefusedOnlyWhenAskedFor() throws IOException {
        Path file = write("{\"a\":{\"dtype\":\"Z9\",\"shape\":[2],\"data_offsets\":[0,3]}}", 3);
        try (Weights weights = Weights.open(file)) {
            assertThat(weights.names()).containsExactly("a");
            assertThatThrownBy(() -> weights.describe("a"))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("Z9");
        }
    }

    @Test
    void aFileOfNoTensorsIsRead() throws IOException {
        try (Weights weights = Weights.open(write("{\"__metadata__\":{\"format\":\"pt\"}}   ", 0))) {
            assertThat(weights.names()).isEmpty();
        }
    }

    @Test
    void aSafetensorsFileIsKnownByItsContent() throws IOException {
        Path file = Files.copy(Fixtures.path("all-dtypes.safetensors"), temp.resolve("weights.bin"));
        assertThat(Fixtures.contents(file)).isEqualTo(Fixtures.expected("all-dtypes.safetensors"));
    }

    @Test
    void aFileCutShortAfterOpeningIsAnErrorAndNotACrash() throws IOException {
        Path file = write("{\"a\":{\"dtype\":\"U8\",\"shape\":[1000000],\"data_offsets\":[0,1000000]}}", 1000000);
        try (Weights weights = Weights.open(file)) {
            Files.write(file, new byte[100]);
            assertThatThrownBy(() -> weights.read("a"))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining(file.toString());
        }
    }

    private Path write(String header, int dataBytes) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text);
        return Files.write(temp.resolve("a.safetensors"), bytes.array());
    }
}
