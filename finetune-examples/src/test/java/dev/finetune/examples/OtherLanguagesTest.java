package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.testkit.TinyData;
import dev.finetune.testkit.TinyModels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What docs/other-languages.md shows is what runs. The samples in Kotlin, Scala and with Spring Boot are modules of the
 * profile "samples", with tests of their own; the script and the session are run here.
 */
class OtherLanguagesTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final Path SAMPLES = ROOT.resolve("samples");
    private static final Path SCRIPT = SAMPLES.resolve("jbang/Reviews.java");
    private static final Pattern FILE = Pattern.compile("\\[[^]]+]\\((\\.\\./samples/[^)]+\\.\\w+)\\)");
    private static final String PROMPT = "jshell> ";

    @TempDir
    Path folder;

    @Test
    void everyPieceOfASampleIsThatOfTheFileAboveIt() throws IOException {
        final Document page = page();
        int compared = 0;
        for (String language : List.of("kotlin", "scala", "java")) {
            for (Document.Block block : page.blocks(language)) {
                final String link = page.lines().subList(0, block.line()).stream()
                        .flatMap(line -> FILE.matcher(line).results())
                        .reduce((one, next) -> next)
                        .orElseThrow()
                        .group(1);
                final List<String> file = Files.readAllLines(page.path().resolveSibling(link));
                assertThat(Collections.indexOfSubList(file, block.lines()))
                        .as("%s in line %d", link, block.line())
                        .isNotNegative();
                compared++;
            }
        }
        assertThat(compared).isGreaterThanOrEqualTo(5);
    }

    @Test
    void everySampleIsBuiltWithTheVersionOfTheBuild() throws IOException {
        final String pom = Files.readString(ROOT.resolve("pom.xml"));
        final String version = found(pom, "<artifactId>finetune-parent</artifactId>\\s*<version>([^<]+)<");
        try (Stream<Path> samples = Files.list(SAMPLES)) {
            for (Path sample : samples.toList()) {
                final Path own = sample.resolve("pom.xml");
                if (Files.exists(own)) {
                    assertThat(pom).contains("<module>samples/" + sample.getFileName() + "</module>");
                    assertThat(found(Files.readString(own), "<finetune.version>([^<]+)<"))
                            .as("%s", own)
                            .isEqualTo(version);
                }
            }
        }
        assertThat(Files.readAllLines(SCRIPT))
                .contains(
                        "//DEPS dev.finetune:finetune-bert:" + version,
                        "//DEPS org.slf4j:slf4j-nop:" + found(pom, "<slf4j.version>([^<]+)<"));
    }

    @Test
    void whatChecksAChangeBuildsTheSamples() throws IOException {
        assertThat(Files.readString(ROOT.resolve(".ci/run"))).contains("-Psamples");
    }

    /** As JBang runs it, but by Java's own launcher of source files: JBang resolves what the //DEPS name, here it is there. */
    @Test
    void theScriptRuns() throws Exception {
        final String output = run(
                folder,
                "",
                "java",
                "-cp",
                System.getProperty("java.class.path"),
                SCRIPT.toString(),
                TinyModels.bert(folder.resolve("model")).toString(),
                TinyData.reviews(folder.resolve("reviews.tsv")).toString(),
                "the lamp is lovely",
                "the pen is broken");

        assertThat(output)
                .containsPattern("accuracy \\d\\.\\d\\d")
                .containsPattern("the lamp is lovely: (positive|negative) \\(\\d+\\.\\d %\\)")
                .containsPattern("the pen is broken: (positive|negative) \\(\\d+\\.\\d %\\)");
    }

    /** Every line of the page is typed, in the folder that the page starts from; figures may differ from machine to machine. */
    @Test
    void theSessionPrintsWhatThePageSays() throws Exception {
        final List<String> page = page().blocks("jshell").get(0).lines();
        final String typed = page.stream()
                .filter(line -> line.startsWith(PROMPT))
                .map(line -> line.substring(PROMPT.length()) + "\n")
                .collect(Collectors.joining());

        final String output = run(ROOT, typed, "jshell", "--class-path", System.getProperty("java.class.path"));

        assertThat(answers(output.lines().toList(), false)).isEqualTo(answers(page, true));
    }

    /**
     * What is printed between one prompt and the next, without figures, and without what follows the tool's dots, such as the
     * device. The tool doesn't print what is typed into it.
     */
    private static List<String> answers(List<String> lines, boolean typedShown) {
        final List<String> answers = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith(PROMPT)) {
                answers.add(
                        typedShown
                                ? ""
                                : line.substring(PROMPT.length())
                                        .replace("\b", "")
                                        .strip());
            } else if (!answers.isEmpty()) {
                final int last = answers.size() - 1;
                answers.set(last, (answers.get(last) + "\n" + line).strip());
            }
        }
        return answers.stream()
                .map(answer -> answer.replaceAll("\\d+(\\.\\d+)?", "#").replaceAll(" \\.\\.\\. .*", " ..."))
                .toList();
    }

    private static String run(Path directory, String input, String tool, String... arguments) throws Exception {
        final List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", tool).toString()));
        command.addAll(List.of(arguments));
        final Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (var typing = process.outputWriter(StandardCharsets.UTF_8)) {
            typing.write(input);
        }
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private static Document page() throws IOException {
        return Document.read(ROOT.resolve("docs/other-languages.md"));
    }

    private static String found(String text, String pattern) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
    }
}
