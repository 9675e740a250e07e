package dev.finetune.internal.saving;

import dev.finetune.fuzz.FuzzInput;
import dev.finetune.fuzz.FuzzedReader;
import dev.finetune.fuzz.FuzzedReaders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The readers of what saving keeps beside a model's files. */
public final class SavingReaders implements FuzzedReaders {
    private static final String SUM = "{\"bytes\":3,\"crc32c\":\"0a0b0c0d\"}";

    @Override
    public List<FuzzedReader> readers() {
        return List.of(
                new FuzzedReader(
                        "file-list",
                        FileList.NAME,
                        seeds("{\"save\":\"1\",\"files\":{\"config.json\":" + SUM + "}}"),
                        SavingReaders::readList),
                new FuzzedReader(
                        "commit",
                        Commit.NAME,
                        seeds("{\"save\":\"1\",\"staging\":\".finetune-saving-1\",\"files\":{\"config.json\":" + SUM
                                + "},\"removed\":[\"a\",\"b/c\"]}"),
                        SavingReaders::readCommit));
    }

    private static List<byte[]> seeds(String text) {
        return List.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void readList(FuzzInput input) throws IOException {
        input.file();
        final Optional<FileList> list = FileList.find(input.folder());
        if (list.isPresent()) {
            list.get().firstChange(input.folder());
        }
    }

    private static void readCommit(FuzzInput input) throws IOException {
        input.file();
        final Optional<Commit> commit = Commit.find(input.folder());
        if (commit.isPresent()) {
            commit.get().removed().forEach(name -> requireInside(input.folder(), name));
            commit.get().files().keySet().forEach(name -> requireInside(input.folder(), name));
            requireInside(input.folder(), commit.get().staging());
        }
    }

    private static void requireInside(Path folder, String name) {
        final Path path = folder.resolve(name).normalize();
        if (path.equals(folder) || !path.startsWith(folder)) {
            throw new AssertionError(name + " is outside of the directory");
        }
    }
}
