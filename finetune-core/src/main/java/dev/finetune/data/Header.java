package dev.finetune.data;

import dev.finetune.FinetuneException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The columns of a delimited file: their names, if it has a header, and their number. */
final class Header {
    private final Path path;
    private final List<String> names;
    private final int width;
    private final Map<String, Integer> indices = new HashMap<>();
    private final List<String> repeated = new ArrayList<>();

    private Header(Path path, List<String> names, int width) {
        this.path = path;
        this.names = names;
        this.width = width;
        for (int i = 0; i < names.size(); i++) {
            if (indices.putIfAbsent(names.get(i), i) != null) {
                repeated.add(names.get(i));
            }
        }
    }

    static Header named(Path path, List<String> names) {
        return new Header(path, names.stream().map(String::strip).toList(), names.size());
    }

    static Header numbered(Path path, int width) {
        return new Header(path, List.of(), width);
    }

    int width() {
        return width;
    }

    /** Where a column stands; throws if the file doesn't have it, which is no fault of a single row. */
    int index(Column column) {
        if (column instanceof Column.At at) {
            if (at.index() >= width) {
                throw new FinetuneException(path + " has no column " + at.index() + " (counted from 0), only " + width
                        + ": " + listed() + ". Is the delimiter right?");
            }
            return at.index();
        }
        if (column instanceof Column.Named named) {
            return index(named.name());
        }
        Column.Usual usual = (Column.Usual) column;
        for (String name : usual.names()) {
            if (indices.containsKey(name)) {
                return index(name);
            }
        }
        if (usual.orFirst()) {
            return 0;
        }
        throw new FinetuneException(path + " has no column named " + String.join(" or ", usual.names())
                + ". Its columns are: " + listed()
                + ". Name the one that is meant, as in label(\"category\") or label(1);"
                + " if the first line is no header, say noHeader()."
                + " For texts without labels, end with unlabelled().");
    }

    private int index(String name) {
        Integer index = indices.get(name);
        if (index == null) {
            throw new FinetuneException(path + " has no column \"" + name + "\". Its columns are: " + listed() + "."
                    + (names.isEmpty() ? " Without a header, name columns by number, counted from 0." : ""));
        }
        if (repeated.contains(name)) {
            throw new FinetuneException(path + " has more than one column \"" + name + "\": " + listed()
                    + ". Name the one that is meant by number, counted from 0.");
        }
        return index;
    }

    /** A column as errors call it. */
    String name(int index) {
        return names.isEmpty() ? "column " + index : "column \"" + names.get(index) + "\"";
    }

    /** All columns as errors call them. */
    String listed() {
        return names.isEmpty() ? "0 to " + (width - 1) + " (no header)" : String.join(", ", names);
    }
}
