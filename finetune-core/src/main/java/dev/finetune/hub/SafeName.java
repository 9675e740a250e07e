package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Names that come from elsewhere and become paths here: none may lead out of its directory. */
final class SafeName {
    private static final int LONGEST_PART = 255;
    private static final int LONGEST_PATH = 4096;

    /** Windows opens a device for these, whatever follows the dot. */
    private static final Pattern DEVICE =
            Pattern.compile("(con|prn|aux|nul|com\\d|lpt\\d)\\s*([.:].*)?", Pattern.CASE_INSENSITIVE);

    /** What this cache appends to an entity tag. */
    private static final Pattern OWN_ENDING = Pattern.compile(".*\\.(incomplete|lock|tmp)", Pattern.CASE_INSENSITIVE);

    private SafeName() {}

    /**
     * Returns the name of a file inside a repository, with "/" between its folders, that can be written here and on any
     * system.
     *
     * @throws FinetuneException as {@link #requireInside}, and if it can't be a file's name here, or means a device on Windows
     */
    static String require(String name, String whence) {
        boolean safe = parts(requireInside(name, whence))
                .noneMatch(part -> DEVICE.matcher(part).matches());
        try {
            safe = safe && Path.of(name).getRoot() == null;
        } catch (InvalidPathException e) {
            safe = false;
        }
        if (!safe) {
            throw refused(name, whence);
        }
        return name;
    }

    /**
     * Returns the name of a file that a repository may hold, though perhaps not this machine.
     *
     * @throws FinetuneException if it is absolute, has an empty, "." or ".." part or one of more than 255 bytes, a backslash
     *     or a control character
     */
    static String requireInside(String name, String whence) {
        boolean safe = !name.isEmpty()
                && name.length() <= LONGEST_PATH
                && name.chars().noneMatch(c -> c == '\\' || Character.isISOControl(c))
                && parts(name)
                        .noneMatch(part -> part.isEmpty()
                                || part.equals(".")
                                || part.equals("..")
                                || part.getBytes(StandardCharsets.UTF_8).length > LONGEST_PART);
        if (!safe) {
            throw refused(name, whence);
        }
        return name;
    }

    private static Stream<String> parts(String name) {
        return Arrays.stream(name.split("/", -1));
    }

    private static FinetuneException refused(String name, String whence) {
        return new FinetuneException("The file name '" + printable(name) + "' in " + whence
                + " is refused: a name must be relative, stay inside its directory, be a file's name on any system and not"
                + " too long, like 'config.json' or 'folder/weights.bin'. Don't use this repository unless you know why it"
                + " holds such a name.");
    }

    static List<String> requireAll(List<String> names, String whence) {
        return names.stream().map(name -> require(name, whence)).toList();
    }

    /** Whether the text can be one single file name: a commit or an entity tag. */
    static boolean isSingle(String text) {
        return text.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
                && !DEVICE.matcher(text).matches()
                && !OWN_ENDING.matcher(text).matches();
    }

    /** The text without control characters, and not longer than a message can bear. */
    static String printable(String text) {
        String clean = text.replaceAll("\\p{Cntrl}", "?");
        return clean.length() <= 300 ? clean : clean.substring(0, 300) + "...";
    }
}
