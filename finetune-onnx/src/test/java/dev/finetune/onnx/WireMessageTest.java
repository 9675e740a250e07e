package dev.finetune.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WireMessageTest {
    @TempDir
    private Path folder;

    private byte[] written(WireMessage message) throws IOException {
        final Path file = folder.resolve("message");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            message.writeTo(channel);
        }
        return Files.readAllBytes(file);
    }

    /** The examples of the documentation of the format: 150, "testing", and a message within. */
    @Test
    void fieldsAreWrittenAsTheFormatSays() throws IOException {
        final WireMessage inner = new WireMessage().number(1, 150);

        assertThat(written(new WireMessage().text(2, "testing").message(3, inner)))
                .containsExactly(0x12, 7, 't', 'e', 's', 't', 'i', 'n', 'g', 0x1a, 3, 0x08, 0x96, 0x01);
    }

    @Test
    void negativeNumbersTakeTenBytes() throws IOException {
        assertThat(written(new WireMessage().number(1, -1)))
                .containsExactly(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
    }

    @Test
    void lengthsBeyondTwoGigabytesDontWrap() {
        final WireMessage large = new WireMessage().bytes(9, 3_000_000_000L, channel -> {});

        assertThat(large.length()).isEqualTo(3_000_000_000L + 6);
        assertThat(new WireMessage().message(5, large).length()).isEqualTo(3_000_000_000L + 12);
    }

    @Test
    void bytesOfAnotherLengthThanSaidAreRefused() {
        assertThatThrownBy(() -> written(new WireMessage().bytes(9, 4, channel -> {})))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("0 bytes, not the 4");
    }
}
