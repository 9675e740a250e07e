package dev.finetune.internal.natives;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * JNA, by which functions of the C library, of OpenMP and of OpenBLAS are called. All of that only makes things faster:
 * where JNA can't load, it is left out, which is said once.
 */
public final class Jna {
    private static final Logger LOG = LoggerFactory.getLogger(Jna.class);
    private static final String DIRECTORY = "jna.tmpdir";
    private static final Once<Optional<String>> WHY_NOT = new Once<>(Jna::load);

    private Jna() {}

    /** Why JNA isn't there; empty where it is. Loads it at the first call. */
    public static Optional<String> whyNot() {
        return WHY_NOT.get();
    }

    private static Optional<String> load() {
        try {
            loadFromCache();
            return Optional.empty();
        } catch (RuntimeException | LinkageError e) {
            return Optional.of(without(e));
        } catch (Error e) {
            if (e instanceof VirtualMachineError) {
                throw e;
            }
            return Optional.of(without(e));
        }
    }

    private static String without(Throwable e) {
        final String why = LoadingFailure.firstCause(e);
        LOG.warn("JNA could not be loaded ({}): settings that only make training faster are left out", why);
        LOG.debug("JNA could not be loaded", e);
        return why;
    }

    /** JNA unpacks into a file of a new name, loads it, and removes it: processes don't meet there. */
    private static void loadFromCache() {
        if (System.getProperty(DIRECTORY) != null) {
            load(Native.POINTER_SIZE);
            return;
        }
        final Path directory = NativeCache.part("jna", Optional.empty());
        try (TemporaryProperty set = new TemporaryProperty(DIRECTORY, directory.toString())) {
            load(Native.POINTER_SIZE);
        }
    }

    /** Reading a field of {@link Native} has loaded it. */
    private static void load(int pointerSize) {
        LOG.debug("JNA is loaded; pointers have {} bytes", pointerSize);
    }

    /**
     * Calls a function of the C library.
     *
     * @return what it gives; 0 where it, or JNA, lacks
     */
    public static int callC(String function, Object... arguments) {
        if (whyNot().isPresent()) {
            return 0;
        }
        try {
            return NativeLibrary.getInstance(Platform.C_LIBRARY_NAME)
                    .getFunction(function)
                    .invokeInt(arguments);
        } catch (UnsatisfiedLinkError e) {
            LOG.debug("{}{} could not be called; training may be slower", function, List.of(arguments), e);
            return 0;
        }
    }
}
