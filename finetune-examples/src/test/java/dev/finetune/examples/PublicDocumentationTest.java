package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Javadoc of what the modules export lacks nothing. */
class PublicDocumentationTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final List<String> PUBLISHED =
            List.of("finetune-core", "finetune-bert", "finetune-vision", "finetune-lm", "finetune-testkit");

    @TempDir
    Path folder;

    @Test
    void everyParameterAndEveryResultOfWhatTheModulesExportIsDocumented() throws IOException {
        for (String module : PUBLISHED) {
            final Documented documented = Documented.read(ROOT.resolve(module).resolve("src/main/java"));

            assertThat(documented.missing()).as(module).isEmpty();
            assertThat(documented.checked()).as("classes of %s", module).isGreaterThan(5);
        }
    }

    @Test
    void whatIsMissingIsNamedWithItsPlace() throws IOException {
        write("module-info.java", "module m { exports p; exports q to r; }");
        write("p/Shown.java", """
                package p;
                /**
                 * A class.
                 * @param <A> named
                 */
                public class Shown<A, B> {
                    /** Counts. */
                    public <C> int count(int from) throws Exception { return from; }
                    /**
                     * {@return nothing new}
                     * @param from what
                     * @throws Exception never
                     */
                    public int whole(int from) throws Exception { return from; }
                    public void bare() {}
                    @Override public String toString() { return ""; }
                    void unseen(int from) {}
                    /**
                     * A record.
                     * @param first of them
                     */
                    protected record Pair(int first, int second) {
                        /** Checks. */
                        protected Pair {}
                    }
                    /** An interface. */
                    public interface Inner { int implied(); }
                    class Own { public void unseen() {} }
                }
                """);
        write("q/Friends.java", "package q; public class Friends { public int count(int from) { return from; } }");

        assertThat(Documented.read(folder).missing())
                .containsExactly(
                        "p/Shown.java:6 Shown: @param <B>",
                        "p/Shown.java:8 count: @param <C>",
                        "p/Shown.java:8 count: @param from",
                        "p/Shown.java:8 count: @return",
                        "p/Shown.java:8 count: @throws Exception",
                        "p/Shown.java:15 bare: no comment",
                        "p/Shown.java:22 Pair: @param second",
                        "p/Shown.java:27 implied: no comment");
    }

    private void write(String file, String text) throws IOException {
        final Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    @Test
    void theBuildKeepsTheNamesOfParameters() {
        assertThat(Stream.of(dev.finetune.FineTuner.class.getMethods())
                        .filter(method -> method.getName().equals("lr"))
                        .map(method -> method.getParameters()[0].getName()))
                .containsExactly("learningRate");
    }
}
