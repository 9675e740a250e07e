package dev.finetune.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Fuzzes without end, class of readers by class, each round from other random numbers: {@code LongFuzzing LOG FIRST_ROUND
 * CLASS=INPUTS...} The log tells how many inputs were read so far, and the finds.
 */
public final class LongFuzzing {
    private static final Pattern EXECUTED = Pattern.compile("stat::number_of_executed_units: (\\d+)");
    private static final Pattern STARTED = Pattern.compile("#(\\d+)\\s");
    private static final int TOLD = 40;

    private final Path log;
    private long total;
    private int finds;

    private LongFuzzing(Path log) {
        this.log = log;
    }

    /** Goes on until it is ended. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        final LongFuzzing fuzzing = new LongFuzzing(Path.of(arguments[0]));
        final List<String> classes = List.of(arguments).subList(2, arguments.length);
        for (int round = Integer.parseInt(arguments[1]); ; round++) {
            for (String readers : classes) {
                final int equals = readers.indexOf('=');
                fuzzing.run(round, readers.substring(0, equals), Integer.parseInt(readers.substring(equals + 1)));
            }
        }
    }

    private void run(int round, String readers, int inputs) throws IOException, InterruptedException {
        final Path folder = Files.createTempDirectory("finetune-fuzz");
        final Process process = Fuzzing.start(inputs, round, Files.createDirectory(folder.resolve("corpus")), readers)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        final int code = process.waitFor();
        final long executed = executed(said);
        total += executed;
        if (code != 0) {
            finds++;
            write("FIND in " + readers + " (" + code + "):");
            final List<String> lines = said.lines().toList();
            lines.stream()
                    .filter(line -> line.matches("(==|Base64|Caused by|\\tat dev|java|dev|.*Error).*"))
                    .limit(TOLD)
                    .forEach(this::write);
        }
        write(LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS) + " round " + round + ", " + readers
                + ": " + executed + " inputs; in all " + total + ", " + finds + " finds");
        remove(folder);
    }

    /** As the last line says, or where it ended early, the last count that it gave. */
    private static long executed(String said) {
        final Matcher whole = EXECUTED.matcher(said);
        if (whole.find()) {
            return Long.parseLong(whole.group(1));
        }
        return STARTED.matcher(said)
                .results()
                .mapToLong(count -> Long.parseLong(count.group(1)))
                .max()
                .orElse(0);
    }

    private void write(String line) {
        try {
            Files.write(log, List.of(line), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(line, e);
        }
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
