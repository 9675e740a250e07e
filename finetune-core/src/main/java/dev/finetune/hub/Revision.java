package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.util.regex.Pattern;

/**
 * A version of a repository: a branch, a tag, or a commit.
 *
 * @param name the branch's or tag's name, or the commit in hexadecimal
 */
record Revision(String name) {
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    Revision {
        if (name.isBlank() || !SafeName.require(name, "the argument 'revision'").equals(name.strip())) {
            throw new FinetuneException("The revision '" + SafeName.printable(name)
                    + "' isn't one: expected a branch such as 'main', a tag, or a commit, without spaces around it.");
        }
    }

    /** Whether this is a full commit, which never changes. */
    boolean isCommit() {
        return COMMIT.matcher(name).matches();
    }
}
