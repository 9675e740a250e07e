package dev.finetune.hub;

import dev.finetune.FinetuneException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** Names that come from elsewhere and become paths here: none may lead out of its directory. */
final class SafeName {
    private SafeName() {}

    /**
     * Returns the name of a file inside a repository, with "/" between its folders.
     *
     * @throws FinetuneException if it is absolute, has an empty, "." or ".." part, a backslash or a control character
     */
    static String require(String name, String whence) {
        boolean safe = !name.isEmpty()
                && name.chars().noneMatch(c -> c == '\\' || Character.isISOControl(c))
                && List.of(name.split("/", -1)).stream()
                        .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."));
        try {
            safe = safe && Path.of(name).getRoot() == null;
        } catch (InvalidPathException e) {
            safe = false;
        }
        if (!safe) {
            throw new FinetuneException("The file name '" + printable(name) + "' in " + whence
                    + " is refused: a name must be relative and stay inside its directory, like 'config.json' or"
                    + " 'folder/weights.bin'. Don't use this repository unless you know why it holds such a name.");
        }
        return name;
    }

    static List<String> requireAll(List<String> names, String whence) {
        return names.stream().map(name -> require(name, whence)).toList();
    }

    /** Whether the text can be one single file name: a commit or an entity tag. */
    static boolean isSingle(String text) {
        return text.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,199}");
    }

    /** The text without control characters, and not longer than a message can bear. */
    static String printable(String text) {
        String clean = text.replaceAll("\\p{Cntrl}", "?");
        return clean.length() <= 300 ? clean : clean.substring(0, 300) + "...";
    }
}
