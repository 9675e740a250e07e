package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The columns of a delimited file: their names, if it has a header, and their number. */
final class Header {
    private final Path path;
    private final List<String> cells;
    private final List<String> names;
    private final char delimiter;
    private final Map<String, Integer> indices = new HashMap<>();
    private final List<String> repeated = new ArrayList<>();

    private Header(Path path, List<String> cells, List<String> names, char delimiter) {
        this.path = path;
        this.cells = cells;
        this.names = names;
        this.delimiter = delimiter;
        for (int i = 0; i < names.size(); i++) {
            if (indices.putIfAbsent(names.get(i), i) != null) {
                repeated.add(names.get(i));
            }
        }
    }

    /** Of a file whose first line names them. */
    static Header named(Path path, List<String> cells, char delimiter) {
        return new Header(path, cells, cells.stream().map(String::strip).toList(), delimiter);
    }

    /** Of a file whose first line is data. */
    static Header numbered(Path path, List<String> cells, char delimiter) {
        return new Header(path, cells, List.of(), delimiter);
    }

    int width() {
        return cells.size();
    }

    /** Which delimiter the first line seems to have, if it isn't the one that it was read with: a sentence, or nothing. */
    private String hint(Predicate<List<String>> wanted) {
        return OtherDelimiter.hint(String.join(String.valueOf(delimiter), cells), delimiter, wanted);
    }

    /** Why a row may have more or fewer columns than the first line: nothing, or a sentence without its full stop. */
    String otherDelimiter() {
        final String hint = width() > 1 ? "" : hint(columns -> true);
        return hint.isEmpty() ? "" : "." + hint.substring(0, hint.length() - 1);
    }

    /** Where a column stands; throws if the file doesn't have it, which is no fault of a single row. */
    int index(Column column) {
        if (column instanceof Column.At at) {
            if (at.index() >= width()) {
                final String hint = hint(columns -> columns.size() > at.index());
                throw new FinetuneException(path + " has no column " + at.index() + " (counted from 0), only " + width()
                        + ": " + listed() + "." + (hint.isEmpty() ? " Is the delimiter right?" : hint));
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
        final String hint = hint(columns -> usual.names().stream().anyMatch(columns::contains));
        if (usual.orFirst() && (names.isEmpty() || hint.isEmpty())) {
            return 0;
        }
        throw new FinetuneException(path + " has no column named " + String.join(" or ", usual.names())
                + ". Its columns are: " + listed() + "."
                + (hint.isEmpty()
                        ? " Name the one that is meant, as in label(\"category\") or label(1);"
                                + " if the first line is no header, say noHeader()."
                                + " For texts without labels, end with unlabelled()."
                        : hint));
    }

    private int index(String name) {
        Integer index = indices.get(name);
        if (index == null) {
            throw new FinetuneException(path + " has no column \"" + name + "\". Its columns are: " + listed() + "."
                    + hint(columns -> columns.contains(name))
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
        return names.isEmpty() ? "0 to " + (width() - 1) + " (no header)" : String.join(", ", names);
    }
}
