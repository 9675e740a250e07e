package dev.finetune.internal.torch;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import dev.finetune.internal.natives.Jna;
import java.util.Optional;

/** Functions of GNU's OpenMP, where LibTorch uses it. */
final class OpenMp {
    private static final String GNU = "libgomp.so.1";

    /** The C library's numbers for binding functions when they are called, and for a library that is loaded already. */
    private static final int RTLD_LAZY = 1;

    private static final int RTLD_NOLOAD = 4;

    private OpenMp() {}

    /** A function by its name in C; none on other systems than Linux, and where JNA can't be loaded. */
    static Optional<Function> find(String name) {
        if (!Platform.isLinux() || Jna.whyNot().isPresent()) {
            return Optional.empty();
        }
        // By the name that LibTorch asks for, since MKL's jar brings another OpenMP that knows GNU's functions, too.
        final NativeLibrary process = NativeLibrary.getProcess();
        final Pointer library =
                process.getFunction("dlopen").invokePointer(new Object[] {GNU, RTLD_LAZY | RTLD_NOLOAD});
        final Pointer address =
                library == null ? null : process.getFunction("dlsym").invokePointer(new Object[] {library, name});
        return Optional.ofNullable(address).map(Function::getFunction);
    }
}
