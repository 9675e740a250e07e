package dev.finetune.checkpoint;

import dev.finetune.checkpoint.OnnxTensor.Data;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.PlainFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The files beside an ONNX file that hold elements of its tensors: such as the graph says, in its directory and nowhere else. */
final class OnnxExternal implements AutoCloseable {
    /** Some exporters write a file for each tensor. */
    private static final int MOST_FILES = 4096;

    private final Path file;
    private final Map<String, Path> files = new LinkedHashMap<>();
    private final Map<String, FileChannel> channels = new LinkedHashMap<>();

    private OnnxExternal(Path file) {
        this.file = file;
    }

    /** Opens what the tensors that are weights name. */
    static OnnxExternal open(Path file, Collection<OnnxTensor> tensors) throws IOException {
        final OnnxExternal external = new OnnxExternal(file);
        try {
            for (OnnxTensor tensor : tensors) {
                if (tensor.data() instanceof Data.External data && tensor.isFloat()) {
                    external.open(tensor.name(), data.location());
                }
            }
            return external;
        } catch (RuntimeException | IOException | Error e) {
            external.close();
            throw e;
        }
    }

    private void open(String tensor, String location) throws IOException {
        if (channels.containsKey(location)) {
            return;
        }
        final Path place = place(tensor, location);
        if (!PlainFile.exists(place)) {
            throw new FinetuneException(file + ": the elements of '" + tensor + "' should be in " + place.getFileName()
                    + " beside it, and there is no such file; download or copy it, too.");
        }
        if (channels.size() == MOST_FILES) {
            throw new FinetuneException(file + ": its tensors are in more than " + MOST_FILES
                    + " files; export it with all of them in one.");
        }
        files.put(location, place);
        channels.put(location, FileChannel.open(place, StandardOpenOption.READ));
    }

    private Path place(String tensor, String location) {
        try {
            final Path directory =
                    Objects.requireNonNull(file.toAbsolutePath().getParent()).normalize();
            final Path relative = file.getFileSystem().getPath(location);
            final Path place = directory.resolve(relative).normalize();
            if (!location.isEmpty()
                    && !location.contains("\\")
                    && !relative.isAbsolute()
                    && place.startsWith(directory)
                    && !place.equals(directory)
                    && !Files.isDirectory(place)) {
                return place;
            }
        } catch (InvalidPathException e) {
            // Told below.
        }
        throw new FinetuneException(file + ": it puts the elements of '" + shown(tensor) + "' into '" + shown(location)
                + "', which is no file in its directory.");
    }

    private static String shown(String text) {
        return (text.length() > 200 ? text.substring(0, 200) + "..." : text).replaceAll("\\p{Cntrl}", "?");
    }

    /** How many bytes a tensor has there; those that it should have, if it says nothing itself. */
    long checked(String name, Data.External data, long bytes) {
        final long length = data.length() < 0 ? bytes : data.length();
        final FileChannel channel = channel(data.location());
        try {
            if (data.offset() < 0 || length > channel.size() - data.offset()) {
                throw new FinetuneException(file + ": the file "
                        + Objects.requireNonNull(files.get(data.location())).getFileName()
                        + " beside it has " + channel.size() + " bytes, and '" + name + "' should be in it from byte "
                        + data.offset() + " on, with " + length + " bytes; the two don't belong together, or it is"
                        + " incomplete. Download or export both again.");
            }
            return length;
        } catch (IOException e) {
            throw new FinetuneException(file + ": the file beside it couldn't be read: " + e.getMessage(), e);
        }
    }

    FileChannel channel(String location) {
        final FileChannel channel = channels.get(location);
        if (channel == null) {
            throw new FinetuneException(file + ": the elements of a tensor that isn't one of its weights are in '"
                    + shown(location) + "', which isn't read.");
        }
        return channel;
    }

    List<Path> files() {
        return new ArrayList<>(files.values());
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (FileChannel channel : channels.values()) {
            try {
                channel.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
