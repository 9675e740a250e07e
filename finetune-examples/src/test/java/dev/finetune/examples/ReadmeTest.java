package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** What the documents say is true: snippets compile and run, commands are understood, links lead somewhere. */
class ReadmeTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final List<String> RUN = List.of(
            "README.md",
            "recipes.md",
            "explanations.md",
            "data-check.md",
            "language-models.md",
            "tutorial-texts.md",
            "tutorial-pictures.md");

    @TempDir
    static Path temporary;

    private static List<Document> documents = List.of();
    private static Snippets snippets = new Snippets(Path.of(""), java.util.Map.of(), List.of(), List.of());

    @BeforeAll
    static void readAndCompile() throws IOException {
        final List<Document> all = new ArrayList<>(List.of(Document.read(ROOT.resolve("README.md"))));
        try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
            for (Path path : docs.filter(path -> path.toString().endsWith(".md"))
                    .sorted()
                    .toList()) {
                all.add(Document.read(path));
            }
        }
        documents = all;
        snippets = Snippets.compile(documents, Files.createDirectory(temporary.resolve("classes")));
        StandIns.fill(temporary);
    }

    @Test
    void everySnippetCompilesWithoutWarnings() {
        assertThat(snippets.findings()).isEmpty();
        assertThat(snippets.names()).hasSizeGreaterThan(30);
    }

    @TestFactory
    Stream<DynamicTest> everySnippetOfTheReadmeTheRecipesTheTutorialsAndTheExplanationsRuns() {
        return snippets.names().keySet().stream()
                .filter(name -> RUN.contains(name.substring(0, name.indexOf(':'))))
                .map(name -> dynamicTest(name, () -> silently(name)));
    }

    @TestFactory
    Stream<DynamicTest> everyTestOfTheDocumentsPasses() {
        assertThat(snippets.tests()).isNotEmpty();
        return snippets.tests().stream()
                .map(name -> dynamicTest(name, () -> {
                    final TestExecutionSummary summary = snippets.runTest(name);
                    assertThat(summary.getFailures())
                            .extracting(failure -> failure.getException())
                            .isEmpty();
                    assertThat(summary.getTestsSucceededCount()).isPositive();
                }));
    }

    private static void silently(String name) throws Exception {
        assumeThat(snippets.findings()).isEmpty();
        final PrintStream out = System.out;
        System.setOut(new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8));
        try {
            snippets.run(name, temporary);
        } finally {
            System.setOut(out);
        }
    }

    @Test
    void quotedFilesAreThoseThatAreRun() throws IOException {
        final List<Document.Block> quoted = documents.stream()
                .flatMap(document -> document.blocks("java").stream())
                .filter(block -> Snippets.QUOTED.containsKey(block.lines().get(0)))
                .toList();

        assertThat(quoted).hasSize(5);
        for (Document.Block block : quoted) {
            final String name = Snippets.classNameIn(block).replace('.', '/') + ".java";
            assertThat(block.lines())
                    .as(name)
                    .isEqualTo(Files.readAllLines(
                            Snippets.QUOTED.get(block.lines().get(0)).resolve(name)));
        }
    }

    @Test
    void theFirstTwoShellBlocksBuildAndTestInOneLineEach() throws IOException {
        final List<Document.Block> blocks = documents.get(0).blocks("sh");

        assertThat(blocks.get(0).lines())
                .containsExactly(
                        "mvn -q -DskipTests package && java -jar finetune-examples/target/finetune.jar quickstart");
        assertThat(blocks.get(1).lines()).containsExactly("mvn -B -ntp verify");
        assertThat(Files.readString(ROOT.resolve(".ci/run"))).contains("mvn -B -ntp verify");
    }

    @TestFactory
    Stream<DynamicTest> everyCommandOfTheExamplesIsUnderstood() {
        return documents.stream()
                .flatMap(document -> document.blocks("sh").stream())
                .flatMap(block -> block.lines().stream())
                .filter(line -> line.contains("finetune.jar "))
                .map(line -> line.replaceFirst(".*finetune\\.jar ", ""))
                .map(line -> dynamicTest(
                        line,
                        () -> assertThatCode(() -> Main.commandLine().parseArgs(arguments(line)))
                                .doesNotThrowAnyException()));
    }

    /** As a shell splits a line: at spaces, but for those in quotes. */
    private static String[] arguments(String line) {
        return Pattern.compile("\"([^\"]*)\"|\\S+")
                .matcher(line)
                .results()
                .map(match -> match.group(1) == null ? match.group() : match.group(1))
                .toArray(String[]::new);
    }

    @Test
    void everyLinkLeadsToAFileAndAHeading() throws IOException {
        for (Document document : documents) {
            for (String link : document.links()) {
                if (!link.startsWith("https://")) {
                    final String[] parts = link.split("#", 2);
                    final Path target = parts[0].isEmpty()
                            ? document.path()
                            : document.path().resolveSibling(parts[0]);
                    assertThat(target).as("%s in %s", link, document.name()).exists();
                    if (parts.length == 2) {
                        assertThat(Document.read(target).anchors())
                                .as("%s in %s", link, document.name())
                                .contains(parts[1]);
                    }
                }
            }
        }
    }

    @Test
    void theCoordinatesInTheReadmeAreThoseOfTheBuild() throws IOException {
        final String readme = Files.readString(ROOT.resolve("README.md"));
        final String pom = Files.readString(ROOT.resolve("pom.xml"));
        final String javacpp = property(pom, "javacpp");

        for (String artifact : List.of("pytorch", "openblas", "mkl", "cuda", "cuda-redist")) {
            final String version =
                    property(pom, artifact.replace("-redist", "")).replace("${javacpp.version}", javacpp);
            final String found = Pattern.compile("org\\.bytedeco:" + artifact + ":([^:]+)|<artifactId>" + artifact
                            + "</artifactId>\\s*<version>([^<]+)")
                    .matcher(readme)
                    .results()
                    .map(match -> match.group(1) == null ? match.group(2) : match.group(1))
                    .distinct()
                    .reduce((one, other) -> one + ", " + other)
                    .orElse("nothing");
            assertThat(found).as(artifact).isEqualTo(version);
        }
        assertThat(readme).contains("org.bytedeco:javacpp:" + javacpp + ":");
    }

    /** It has no parent, so that it says the version once more. */
    @Test
    void theBomHasTheVersionOfTheBuildAndNamesEveryModuleThatIsUsed() throws IOException {
        final String pom = Files.readString(ROOT.resolve("pom.xml"));
        final String bom = Files.readString(ROOT.resolve("finetune-bom/pom.xml"));
        final Set<String> modules = found(pom, "<module>([^</]+)<");
        modules.removeAll(Set.of("finetune-bom", "finetune-examples", "finetune-site"));

        final Set<String> named = found(bom, "<artifactId>(finetune-[^<]+)<");
        named.remove("finetune-bom");
        assertThat(named).containsExactlyInAnyOrderElementsOf(modules);
        assertThat(found(bom, "<artifactId>finetune-bom</artifactId>\\s*<version>([^<]+)<"))
                .isEqualTo(found(pom, "<artifactId>finetune-parent</artifactId>\\s*<version>([^<]+)<"));
    }

    private static Set<String> found(String text, String pattern) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String property(String pom, String name) {
        return Pattern.compile("<" + name + "\\.version>([^<]+)<")
                .matcher(pom)
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
    }
}
