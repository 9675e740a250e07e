package dev.finetune.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a module tests of its readers: always, the seeds and all inputs that fuzzing found something with (the resources
 * finds/READER/*); with {@code -Dfinetune.fuzz=INPUTS}, so many inputs or a share of them, the same ones each time.
 */
public abstract class FuzzTests {
    private final int share;
    private final List<String> readers;

    /** Tests readers by the names of their classes. */
    protected FuzzTests(Class<?>... readers) {
        this(1, readers);
    }

    /**
     * Tests slow readers.
     *
     * @param share one of so many of the inputs that were asked for is read
     * @param readers the names of their classes
     */
    protected FuzzTests(int share, Class<?>... readers) {
        this.share = share;
        this.readers = Stream.of(readers).map(Class::getName).toList();
    }

    @TestFactory
    Stream<DynamicTest> whatWasFoundIsReadOrRefused() throws IOException {
        return Fuzz.readers(readers.toArray(new String[0])).stream()
                .map(reader -> DynamicTest.dynamicTest(reader.name(), () -> {
                    final FuzzCheck check = new FuzzCheck(reader);
                    reader.seeds().forEach(check::check);
                    for (Path find : finds(reader.name())) {
                        check.check(Files.readAllBytes(find));
                    }
                }));
    }

    @Test
    void fuzzingFindsNothing(@TempDir Path corpus) throws IOException, InterruptedException {
        final String inputs = System.getProperty("finetune.fuzz", "");
        assumeThat(inputs).as("-Dfinetune.fuzz=INPUTS").isNotEmpty();
        final Path work = Files.createDirectory(corpus.resolve("work"));
        final Process process = Fuzzing.start(
                        Integer.parseInt(inputs) / share,
                        1,
                        Files.createDirectory(corpus.resolve("corpus")),
                        readers.toArray(new String[0]))
                .directory(work.toFile())
                .redirectErrorStream(true)
                .start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).contains("stat::number_of_executed_units");
    }

    private List<Path> finds(String reader) {
        final URL folder = getClass().getResource("/finds/" + reader);
        if (folder == null) {
            return List.of();
        }
        try (Stream<Path> finds = Files.list(Path.of(folder.toURI()))) {
            return finds.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }
}
