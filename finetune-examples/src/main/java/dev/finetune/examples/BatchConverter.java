package dev.finetune.examples;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads "16", "auto" and "auto:16". */
final class BatchConverter implements ITypeConverter<SaidBatch> {
    private static final Pattern SIZE = Pattern.compile("(auto(?:$|:))?([1-9]\\d{0,8})?");

    @Override
    public SaidBatch convert(String said) {
        final Matcher matcher = SIZE.matcher(said);
        if (said.isEmpty() || said.equals("auto:") || !matcher.matches()) {
            throw new TypeConversionException(
                    "\"" + said + "\" is neither a number of rows above 0, such as 16, nor auto or"
                            + " auto:16 for as many of them at once as memory suffices for.");
        }
        final OptionalInt rows =
                matcher.group(2) == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(matcher.group(2)));
        return new SaidBatch(rows, matcher.group(1) != null);
    }
}
