package dev.finetune.bert.text;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.natives.DjlCache;
import dev.finetune.internal.natives.LoadingFailure;
import dev.finetune.internal.natives.NativeJars;
import dev.finetune.internal.natives.NativeLoading;
import dev.finetune.internal.natives.Once;
import dev.finetune.internal.natives.TemporaryProperty;
import java.nio.file.Path;
import java.util.Objects;

/** Loads the native tokenizers library, once. */
final class TokenizersLoader {
    private static final String OFFLINE = "ai.djl.offline";
    private static final Once<TokenizersLibrary> LIBRARY = new Once<>(TokenizersLoader::load);

    private TokenizersLoader() {}

    /**
     * The library's functions.
     *
     * @throws FinetuneException if it can't be loaded, with the reason; the same at every call
     */
    static TokenizersLibrary library() {
        return LIBRARY.get();
    }

    private static TokenizersLibrary load() {
        final Path directory = DjlCache.directory();
        final String jar = NativeJars.identity(Objects.requireNonNull(LibUtils.class.getResource("LibUtils.class")));
        try {
            return NativeLoading.alone(directory, jar, LibUtils.class, () -> loadFrom(directory));
        } catch (FinetuneException e) {
            throw e;
        } catch (RuntimeException | LinkageError | AssertionError e) {
            throw LoadingFailure.explain(
                    "The native tokenizers library",
                    e,
                    directory,
                    "It is part of the jar ai.djl.huggingface:tokenizers for Linux x86-64 and arm64, macOS arm64 and"
                            + " Windows x86-64.");
        }
    }

    // DJL reads the properties while its library class loads. Unless it is told to be offline, a machine with CUDA
    // downloads another build of the library.
    private static TokenizersLibrary loadFrom(Path directory) {
        try (TemporaryProperty offline = new TemporaryProperty(OFFLINE, "true");
                TemporaryProperty cache = DjlCache.use(directory)) {
            LibUtils.checkStatus();
            return TokenizersLibrary.LIB;
        }
    }
}
