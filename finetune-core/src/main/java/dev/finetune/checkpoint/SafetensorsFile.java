package dev.finetune.checkpoint;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** One safetensors file. */
final class SafetensorsFile implements Weights {
    private final Path file;
    private final FileChannel channel;
    private final SafetensorsHeader header;
    private final Map<String, String> aliases;

    private SafetensorsFile(Path file, FileChannel channel, SafetensorsHeader header) {
        this.file = file;
        this.channel = channel;
        this.header = header;
        this.aliases =
                TensorAliases.of(file, header.metadata(), header.entries().keySet());
    }

    static SafetensorsFile open(Path file) {
        return OpenFile.open(
                file, channel -> new SafetensorsFile(file, channel, SafetensorsHeader.read(file, channel)));
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(header.entries().keySet());
    }

    @Override
    public StoredTensor describe(String name) {
        SafetensorsHeader.Entry entry = entry(name);
        DType dtype = DType.ofSafetensors(entry.dtype())
                .orElseThrow(() -> new FinetuneException(file + ": '" + name + "' is stored as " + entry.dtype()
                        + ", which isn't supported; convert it to F32, F16, BF16 or another plain type."));
        return new StoredTensor(name, dtype, entry.shape(), file);
    }

    @Override
    public Tensor read(String name) {
        return NativeTensors.read(
                channel, describe(name), header.dataStart() + entry(name).start());
    }

    @Override
    public Map<String, String> aliases() {
        return aliases;
    }

    @Override
    public List<Path> files() {
        return List.of(file);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new FinetuneException(file + ": the file couldn't be closed: " + e.getMessage(), e);
        }
    }

    private SafetensorsHeader.Entry entry(String name) {
        SafetensorsHeader.Entry entry = header.entries().get(name);
        if (entry == null) {
            throw OpenFile.noSuchTensor(file, name, names());
        }
        return entry;
    }
}
