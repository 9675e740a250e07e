package dev.finetune.examples;

import dev.finetune.internal.PlainNumbers;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Tells the defaults of options as people write them: numbers in short, and nothing where there is none. */
final class PlainHelp {
    private static final String DEFAULT = "  Default: ";
    private static final Set<String> NONE = Set.of("Optional.empty", "[]", "null", "");

    private PlainHelp() {}

    /** Tells a command's defaults so, and those of the commands in it. */
    static void in(CommandLine command) {
        final Map<String, IHelpSectionRenderer> sections = command.getHelpSectionMap();
        for (String list :
                List.of(UsageMessageSpec.SECTION_KEY_OPTION_LIST, UsageMessageSpec.SECTION_KEY_PARAMETER_LIST)) {
            sections.computeIfPresent(list, (key, usual) -> help -> plain(usual.render(help)));
        }
        command.setHelpSectionMap(sections);
        command.getSubcommands().values().forEach(PlainHelp::in);
    }

    /** Each default has a line of its own. */
    private static String plain(String options) {
        return options.isEmpty()
                ? options
                : options.lines()
                        .filter(line -> !NONE.contains(value(line)))
                        .map(line -> line.contains(DEFAULT) ? PlainNumbers.in(line) : line)
                        .collect(Collectors.joining(System.lineSeparator(), "", System.lineSeparator()));
    }

    /** What is told of a default; the line itself where none is. */
    private static String value(String line) {
        final int at = line.indexOf(DEFAULT);
        return at < 0
                ? line.isEmpty() ? " " : line
                : line.substring(at + DEFAULT.length()).strip();
    }
}
