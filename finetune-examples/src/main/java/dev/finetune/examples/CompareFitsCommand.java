package dev.finetune.examples;

import dev.finetune.Reports;
import dev.finetune.record.FitRecord;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows fits beside each other on one page. */
@Command(
        name = "compare",
        description =
                "Write a page of HTML that compares fits: settings that differ, metrics with a paired test on the same"
                        + " validation rows, curves.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class CompareFitsCommand implements Callable<Integer> {
    @Parameters(
            arity = "0..*",
            paramLabel = "DIR",
            description =
                    "Directories of models that text, images or lm saved with a report, or files such as report.json.")
    private List<Path> fits = List.of();

    @Option(names = "--report", description = "Where to write the page.")
    private Path report = Path.of("comparison.html");

    @Override
    public Integer call() {
        if (fits.size() < 2) {
            throw new WrongUsage("compare shows fits beside each other: name two directories at least, or files such as"
                    + " report.json; --report FILE says where the page is written.");
        }
        final Map<String, FitRecord> records = new LinkedHashMap<>();
        for (Path fit : fits) {
            final FitRecord record = FitRecord.read(fit);
            if (records.putIfAbsent(name(fit), record) != null) {
                throw new WrongUsage(fit + " is named twice; expected different fits.");
            }
        }
        Reports.compare(records, report);
        System.out.println("the comparison is in " + report.toAbsolutePath());
        return 0;
    }

    /** Its last name, where no other has the same; else as it was given. */
    private String name(Path fit) {
        final long same =
                fits.stream().filter(other -> last(other).equals(last(fit))).count();
        return same == 1 ? last(fit) : fit.toString();
    }

    private static String last(Path fit) {
        final Path name = fit.toAbsolutePath().normalize().getFileName();
        return name == null ? fit.toString() : name.toString();
    }
}
