package dev.finetune.spark;

import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;

/**
 * Texts, or pairs of texts, in columns of strings, and for training their labels.
 *
 * <pre>{@code
 * TextColumns.of("review")                        // to score
 * TextColumns.of("review", "stars")               // to train classes
 * TextColumns.pair("premise", "hypothesis")       // pairs of texts
 * TextColumns.of("review").values("price")        // to train numbers
 * TextColumns.of("review").categories("topics")   // to train any number of classes at once
 * }</pre>
 *
 * <p>A name counts as Spark compares names by default, without case. Immutable.
 */
public final class TextColumns implements Columns<Text> {
    private static final long serialVersionUID = 1L;

    private enum Labels {
        NONE,
        CATEGORY,
        CATEGORIES,
        VALUES
    }

    private final List<String> texts;
    private final Labels kind;
    private final List<String> labels;

    private TextColumns(List<String> texts, Labels kind, List<String> labels) {
        this.texts = new ArrayList<>(texts);
        this.kind = kind;
        this.labels = new ArrayList<>(labels);
    }

    /**
     * {@return texts without labels}
     *
     * @param text a column of strings
     */
    public static TextColumns of(String text) {
        Objects.requireNonNull(text, "text");
        return new TextColumns(List.of(text), Labels.NONE, List.of());
    }

    /**
     * {@return texts with a class each: the same as {@code of(text).category(category)}}
     *
     * @param text a column of strings
     * @param category a column of strings, whole numbers or booleans
     */
    public static TextColumns of(String text, String category) {
        return of(text).category(category);
    }

    /**
     * {@return pairs of texts without labels}
     *
     * @param first a column of strings: the premise, say
     * @param second a column of strings: the hypothesis, say
     */
    public static TextColumns pair(String first, String second) {
        Objects.requireNonNull(first, "first");
        Objects.requireNonNull(second, "second");
        return new TextColumns(List.of(first, second), Labels.NONE, List.of());
    }

    /**
     * {@return the same with a class for each text, by name; numbers are names as they are written}
     *
     * @param column of strings, whole numbers or booleans
     */
    public TextColumns category(String column) {
        Objects.requireNonNull(column, "column");
        return new TextColumns(texts, Labels.CATEGORY, List.of(column));
    }

    /**
     * {@return the same with any number of classes for each text, by name}
     *
     * @param column of arrays of strings; an empty array is a text of no class
     */
    public TextColumns categories(String column) {
        Objects.requireNonNull(column, "column");
        return new TextColumns(texts, Labels.CATEGORIES, List.of(column));
    }

    /**
     * {@return the same with one number, or several, for each text}
     *
     * @param columns of numbers, at least one
     * @throws FinetuneException if there is none
     */
    public TextColumns values(String... columns) {
        Objects.requireNonNull(columns, "columns");
        if (columns.length == 0) {
            throw new FinetuneException("values(...) needs the name of at least one column of numbers.");
        }
        Arrays.stream(columns).forEach(column -> Objects.requireNonNull(column, "column"));
        return new TextColumns(texts, Labels.VALUES, List.of(columns));
    }

    @Override
    public Class<Text> inputType() {
        return Text.class;
    }

    @Override
    public List<String> names() {
        return Stream.concat(texts.stream(), labels.stream()).toList();
    }

    @Override
    public void checkInputs(StructType schema) {
        Objects.requireNonNull(schema, "schema");
        for (String text : texts) {
            final DataType type = type(schema, text);
            if (!(type instanceof StringType)) {
                throw wrong(text, type, "a string, which a text is: cast it");
            }
        }
    }

    @Override
    public void checkLabels(StructType schema) {
        Objects.requireNonNull(schema, "schema");
        if (kind == Labels.NONE) {
            throw new FinetuneException("The columns name no label to learn: say TextColumns.of(\"" + texts.get(0)
                    + "\", \"the label's column\"), or .category(...), .categories(...) or .values(...).");
        }
        for (String label : labels) {
            final DataType type = type(schema, label);
            switch (kind) {
                case CATEGORY -> {
                    if (!isName(type)) {
                        throw wrong(
                                label,
                                type,
                                "a string, a whole number or a boolean, which name a class: cast it, or say values(\""
                                        + label + "\") for a number to predict");
                    }
                }
                case CATEGORIES -> {
                    if (!(type instanceof ArrayType array && array.elementType() instanceof StringType)) {
                        throw wrong(label, type, "an array of strings, the names of a text's classes");
                    }
                }
                default -> {
                    if (!(type instanceof NumericType)) {
                        throw wrong(label, type, "a number to predict: cast it, or say category(\"" + label + "\")");
                    }
                }
            }
        }
    }

    private static boolean isName(DataType type) {
        return type instanceof StringType
                || type instanceof BooleanType
                || type instanceof ByteType
                || type instanceof ShortType
                || type instanceof IntegerType
                || type instanceof LongType;
    }

    private static DataType type(StructType schema, String column) {
        return schema.fields()[place(schema, column)].dataType();
    }

    /** Case counts only where it must. */
    private static int place(StructType schema, String column) {
        final String[] names = schema.fieldNames();
        final int[] exact = places(names.length, i -> names[i].equals(column));
        final int[] found = exact.length > 0 ? exact : places(names.length, i -> names[i].equalsIgnoreCase(column));
        if (found.length != 1) {
            throw new FinetuneException((found.length == 0 ? "There is no column \"" : "There are several columns \"")
                    + column + "\" in the data frame; it has " + String.join(", ", names) + ".");
        }
        return found[0];
    }

    private static int[] places(int count, IntPredicate is) {
        return IntStream.range(0, count).filter(is).toArray();
    }

    private static FinetuneException wrong(String column, DataType type, String expected) {
        return new FinetuneException(
                "The column \"" + column + "\" is of type " + type.simpleString() + ", not " + expected + ".");
    }

    @Override
    public Text input(Row row) {
        Objects.requireNonNull(row, "row");
        final String first = (String) value(row, texts.get(0));
        return texts.size() == 1 ? Text.of(first) : Text.pair(first, (String) value(row, texts.get(1)));
    }

    @Override
    public Label label(Row row) {
        Objects.requireNonNull(row, "row");
        return switch (kind) {
            case CATEGORY -> Label.of(String.valueOf(value(row, labels.get(0))));
            case CATEGORIES -> new Label.Categories(names(row, labels.get(0)));
            case VALUES ->
                new Label.Values(
                        labels.stream().map(label -> number(row, label)).toList());
            case NONE -> Label.none();
        };
    }

    private static Set<String> names(Row row, String column) {
        final Set<String> names = new LinkedHashSet<>();
        for (Object name : row.<Object>getList(checked(row, column))) {
            if (name == null) {
                throw new FinetuneException("The array in column \"" + column + "\" holds a null.");
            }
            names.add((String) name);
        }
        return names;
    }

    private static double number(Row row, String column) {
        return ((Number) value(row, column)).doubleValue();
    }

    private static Object value(Row row, String column) {
        return row.get(checked(row, column));
    }

    private static int checked(Row row, String column) {
        final int place = place(row.schema(), column);
        if (row.isNullAt(place)) {
            throw new FinetuneException("The column \"" + column + "\" is null.");
        }
        return place;
    }

    /** Which columns they are. */
    @Override
    public String toString() {
        final String inputs = "texts in " + String.join(" and ", texts);
        return kind == Labels.NONE ? inputs : inputs + ", labels in " + String.join(", ", labels);
    }
}
