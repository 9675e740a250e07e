package dev.finetune.fuzz;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Bytes to be read, and a folder in the heap for those that read files: system calls would take most of the time.
 *
 * @param bytes what there is
 * @param folder whose files stay as they are, from one input to the next
 * @param fileName of the input in that folder
 */
public record FuzzInput(byte[] bytes, Path folder, String fileName) {
    /** The bytes in a file. */
    public Path file() throws IOException {
        return Files.write(folder.resolve(fileName), bytes);
    }

    /** The bytes as text. */
    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static Path newFolder() {
        return Jimfs.newFileSystem(Configuration.unix()).getPath("/work");
    }
}
