package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.util.List;

/**
 * Files of which one set is enough, the preferred set first. A file whose name ends in ".index.json" stands for itself
 * and for every shard that its weight_map names.
 *
 * @param what what the files hold, for messages: "weights"
 * @param mandatory whether a repository without any of the sets is an error
 * @param alternatives the sets, the preferred one first; the first one that the repository has in full is taken
 */
public record FileAlternatives(String what, boolean mandatory, List<List<String>> alternatives) {
    /**
     * Keeps its own copy of the sets.
     *
     * @throws FinetuneException if there is no set, a set is empty, or a name leads out of the repository
     */
    public FileAlternatives {
        alternatives = alternatives.stream()
                .map(names -> SafeName.requireAll(names, "the set of files for " + what))
                .toList();
        if (alternatives.isEmpty() || alternatives.stream().anyMatch(List::isEmpty)) {
            throw new FinetuneException("The choice of files for " + what
                    + " has no set, or an empty one; name at least one file in each set.");
        }
    }

    /**
     * {@return a choice of which the repository must have one}
     *
     * @param what what messages call it
     * @param alternatives sets of files, the first preferred
     */
    public static FileAlternatives mandatory(String what, List<List<String>> alternatives) {
        return new FileAlternatives(what, true, alternatives);
    }

    /**
     * {@return a choice that a repository may lack altogether}
     *
     * @param what what messages call it
     * @param alternatives sets of files, the first preferred
     */
    public static FileAlternatives ifAny(String what, List<List<String>> alternatives) {
        return new FileAlternatives(what, false, alternatives);
    }

    /** The sets as a reader would say them: "weights (model.safetensors, or pytorch_model.bin)". */
    String describe() {
        return what + " ("
                + String.join(
                        ", or ",
                        alternatives.stream()
                                .map(set -> String.join(" + ", set))
                                .toList())
                + ")";
    }
}
