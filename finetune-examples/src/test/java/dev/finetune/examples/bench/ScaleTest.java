package dev.finetune.examples.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class ScaleTest {
    @Test
    void aStepIsWhatItTakesBesideItsRowsAndSoMuchForEachRow() {
        final ScaleModel model = ScaleModel.of(8, 1.0, 0.6);
        assertThat(model.perRow()).isCloseTo(0.1, within(1e-12));
        assertThat(model.fixed()).isCloseTo(0.2, within(1e-12));
        assertThat(model.compute(2)).isCloseTo(0.4, within(1e-12));
    }

    @Test
    void anExchangeIsALineThroughTheSmallestAndTheLargest() {
        final ScaleModel.Exchange exchange =
                ScaleModel.Exchange.of(new TreeMap<>(Map.of(0.0, 0.001, 100.0, 0.5, 400.0, 0.201)));
        assertThat(exchange.latency()).isCloseTo(0.001, within(1e-12));
        assertThat(exchange.bandwidth()).isCloseTo(2e9, within(1.0));
        assertThat(exchange.seconds(2e9)).isCloseTo(1.001, within(1e-9));
    }

    @Test
    void aRingTakesTwiceTheBytesAndTwoMessagesForEachNeighbour() {
        assertThat(ScaleModel.Exchange.ring(2, 1e9, 1e-4).seconds(1e9)).isCloseTo(1 + 2e-4, within(1e-9));
        assertThat(ScaleModel.Exchange.ring(8, 1e9, 1e-4).seconds(1e9)).isCloseTo(1.75 + 14e-4, within(1e-9));
    }

    @Test
    void anExchangeHidesBehindTwoThirdsOfTheRowsButForATenth() {
        final ScaleModel model = new ScaleModel(0.2, 0.1);
        assertThat(model.during(9, 0.5, 0.03)).isCloseTo(1.1 + 0.03 + 0.05, within(1e-12));
        assertThat(model.during(9, 2, 0.03)).isCloseTo(1.1 + 0.03 + 1.4, within(1e-12));
        assertThat(model.slower(1.5).during(9, 0.5, 0.03)).isCloseTo(1.65 + 0.03 + 0.05, within(1e-12));
    }

    @Test
    void whatTheDocumentExpectsIsWhatTheCommandPrints() throws IOException {
        final List<String> document = Files.readAllLines(Path.of("../docs/scale.md"));
        final List<String> printed = printed("--expect");
        final List<String> tables = printed.stream()
                .filter(line -> line.startsWith("| "))
                .skip(4) // Two machines, of which the document tells more.
                .toList();
        assertThat(tables).hasSize(3 * 6);
        assertThat(document.stream().dropWhile(line -> !line.equals("## More machines")))
                .containsSubsequence(tables);
        for (String link : printed.subList(3, 5)) {
            final String[] cells = link.split(" \\| ");
            assertThat(document)
                    .anyMatch(line -> line.startsWith(cells[0] + " | ")
                            && line.contains(" | " + cells[1].replace(" |", "") + " | "));
        }
    }

    @Test
    void stepsThatCannotBeMeantAreRefused() {
        for (List<String> options : List.of(
                List.of("--alone", "3000"),
                List.of("--expect", "--alone", "3000"),
                List.of("--expect", "--batch", "16"),
                List.of("--expect", "--alone", "3000", "--half", "3100", "--beside", "3000"),
                List.of("--expect", "--alone", "3000", "--half", "1000", "--beside", "3000"),
                List.of("--expect", "--alone", "3000", "--half", "1600", "--beside", "2000"),
                List.of("--expect", "--alone", "-2", "--half", "-1", "--beside", "-2"),
                List.of("--expect", "--batch", "1", "--alone", "3", "--half", "2", "--beside", "3"),
                List.of("--expect", "--seq", "64"),
                List.of("--expect", "--processes", "4"))) {
            final StringWriter said = new StringWriter();
            new CommandLine(new ScaleCommand())
                    .setErr(new PrintWriter(said, true))
                    .execute(options.toArray(String[]::new));
            assertThat(said.toString())
                    .as("%s", options)
                    .contains("WrongUsage")
                    .containsPattern("--expect|Expected --");
        }
        assertThat(printed("--expect", "--alone", "3000", "--half", "1600", "--beside", "3000", "--batch", "16"))
                .hasSizeGreaterThan(20);
    }

    private static List<String> printed(String... options) {
        final PrintStream before = System.out;
        final ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            assertThat(new CommandLine(new ScaleCommand()).execute(options)).isZero();
        } finally {
            System.setOut(before);
        }
        return printed.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
