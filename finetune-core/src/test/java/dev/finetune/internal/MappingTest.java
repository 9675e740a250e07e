package dev.finetune.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappingTest {
    private static final Path MAPS = Path.of("/proc/self/maps");

    @TempDir
    private Path temp;

    @Test
    void aPieceOfAFileIsReadAndReleasedAtOnce() throws IOException {
        assumeTrue(Files.isReadable(MAPS), "only Linux lists what is mapped");
        final Path file = Files.writeString(temp.resolve("weights"), "0123456789");
        try (FileChannel channel = FileChannel.open(file)) {
            try (Mapping mapping = Mapping.of(channel, FileChannel.MapMode.READ_ONLY, 2, 3)) {
                final byte[] read = new byte[3];
                mapping.buffer().get(read);
                assertThat(read).asString().isEqualTo("234");
                assertThat(Files.readString(MAPS)).contains(file.toRealPath().toString());
            }
            assertThat(Files.readString(MAPS)).doesNotContain(file.toRealPath().toString());
        }
    }

    @Test
    void aClosedFileIsTheSameErrorInEveryJava() throws IOException {
        final FileChannel channel = FileChannel.open(Files.writeString(temp.resolve("weights"), "0123456789"));
        channel.close();
        assertThatThrownBy(() -> Mapping.of(channel, FileChannel.MapMode.READ_ONLY, 0, 1))
                .isInstanceOf(ClosedChannelException.class);
    }
}
