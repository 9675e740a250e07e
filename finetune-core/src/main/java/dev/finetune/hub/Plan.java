package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Chooses, of the files that a repository has, the ones to bring. */
final class Plan {
    private Plan() {}

    /**
     * The needed files in the order of fetching; the shards of an index come later, when the index has been read.
     *
     * @throws FinetuneException if the repository lacks a mandatory file
     */
    static Set<String> files(FilesNeeded needed, Listing listing, ModelId id, Revision revision) {
        Set<String> has = listing.files().keySet();
        Set<String> files = new LinkedHashSet<>(present(needed.required(), listing, id, revision));
        needed.ifPresent().stream().filter(has::contains).forEach(files::add);
        for (FileAlternatives choice : needed.oneOf()) {
            choice.alternatives().stream().filter(has::containsAll).findFirst().ifPresentOrElse(files::addAll, () -> {
                if (choice.mandatory()) {
                    throw lacks(choice.describe(), listing, id, revision);
                }
            });
        }
        files.addAll(beside(files, has));
        return files;
    }

    /** The files that hold the weights of ONNX models beside them, as exporters call them. */
    private static List<String> beside(Set<String> files, Set<String> has) {
        return files.stream()
                .filter(file -> file.endsWith(".onnx"))
                .flatMap(file -> Stream.of(file + "_data", file + ".data"))
                .filter(has::contains)
                .toList();
    }

    /**
     * The names, all of which the repository must have.
     *
     * @throws FinetuneException naming the first one that it lacks
     */
    static List<String> present(List<String> names, Listing listing, ModelId id, Revision revision) {
        for (String name : names) {
            if (!listing.files().containsKey(name)) {
                throw lacks(name, listing, id, revision);
            }
        }
        return names;
    }

    private static FinetuneException lacks(String what, Listing listing, ModelId id, Revision revision) {
        List<String> all = List.copyOf(listing.files().keySet());
        String shown = String.join(", ", all.subList(0, Math.min(20, all.size()))) + (all.size() > 20 ? ", ..." : "");
        return new FinetuneException("The model '" + id.value() + "' at revision '" + revision.name() + "' (commit "
                + listing.commit() + ") lacks " + what + ". It has: " + shown
                + ". Choose another model or revision, or a local directory with converted weights.");
    }
}
