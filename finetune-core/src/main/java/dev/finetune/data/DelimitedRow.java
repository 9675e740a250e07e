package dev.finetune.data;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** A row of a CSV or TSV file. */
record DelimitedRow(long line, Header header, List<String> cells) implements Row {
    private static final Pattern NUMBER = Pattern.compile("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");

    @Override
    public String text(Column column) throws BadRow {
        int index = header.index(column);
        return present(index, cells.get(index));
    }

    @Override
    public String name(Column column) throws BadRow {
        return text(column).strip();
    }

    @Override
    public Set<String> names(Column column, String separator) {
        return names(cells.get(header.index(column)), separator);
    }

    @Override
    public boolean flag(Column column) throws BadRow {
        String value = name(column);
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "1", "1.0", "true" -> true;
            case "0", "0.0", "false" -> false;
            default -> throw unlike(column, value, "0 or 1");
        };
    }

    @Override
    public List<Double> numbers(Column column) throws BadRow {
        String value = name(column);
        double number = NUMBER.matcher(value).matches() ? Double.parseDouble(value) : Double.NaN;
        if (!Double.isFinite(number)) {
            throw unlike(column, value, "a number");
        }
        return List.of(number);
    }

    /** The parts of a value, without blanks and empty parts. */
    static Set<String> names(String value, String separator) {
        Set<String> names = new LinkedHashSet<>();
        for (String name : value.split(Pattern.quote(separator))) {
            if (!name.isBlank()) {
                names.add(name.strip());
            }
        }
        return names;
    }

    private String present(int index, String value) throws BadRow {
        if (value.isBlank()) {
            throw new BadRow(line, header.name(index) + " is empty");
        }
        return value;
    }

    private BadRow unlike(Column column, String value, String expected) {
        return new BadRow(line, header.name(header.index(column)) + " holds \"" + value + "\", expected " + expected);
    }
}
