package dev.finetune.internal.torch;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the process end at once, whatever its threads compute. When a JVM ends, threads in native code go on, while the C
 * library runs the exit handlers of every native library: OpenBLAS's waits for its own threads, under a lock that a thread
 * in a product may hold for ever, and frees the memory that others multiply in. These handlers have nothing to do in a
 * process that ends, so that they are left out: the C library calls the handler that was registered last first, and ours
 * writes out C's open streams, as it would do itself, and ends the process with its exit status. Java's shutdown hooks have
 * run before.
 *
 * <p>Only where the process was started by a {@code java} launcher: in a program that carries a JVM the handlers of that
 * program count. {@code -Ddev.finetune.exitHandlers=true} leaves everything as it was.
 */
final class ProcessEnd {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessEnd.class);

    private ProcessEnd() {}

    /** Call after the libraries are loaded, since their handlers would come first otherwise. */
    static void leaveOutExitHandlers() {
        if (Boolean.getBoolean("dev.finetune.exitHandlers") || !startedByJava()) {
            return;
        }
        try {
            final NativeLibrary c = NativeLibrary.getInstance(Platform.C_LIBRARY_NAME);
            final Function onExit = c.getFunction("on_exit"); // GNU's: hands the exit status to what it calls.
            final Function end = c.getFunction("_exit");
            final Function flush = c.getFunction("fcloseall");
            onExit.invokeInt(new Object[] {end, Pointer.NULL});
            onExit.invokeInt(new Object[] {flush, Pointer.NULL});
        } catch (UnsatisfiedLinkError e) {
            LOG.debug("The C library has no on_exit; the exit handlers of native libraries run", e);
        }
    }

    private static boolean startedByJava() {
        return ProcessHandle.current()
                .info()
                .command()
                .map(Path::of)
                .map(Path::getFileName)
                .filter(name -> name.toString().equals("java"))
                .isPresent();
    }
}
