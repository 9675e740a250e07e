package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Member;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What docs/from-python.md names is there. */
class FromPythonTest {
    private static final Path PAGE =
            Path.of("").toAbsolutePath().getParent().resolve("docs").resolve("from-python.md");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final List<String> PACKAGES = List.of(
            "dev.finetune.",
            "dev.finetune.bert.text.",
            "dev.finetune.checkpoint.",
            "dev.finetune.contrastive.",
            "dev.finetune.data.",
            "dev.finetune.error.",
            "dev.finetune.explain.",
            "dev.finetune.freeze.",
            "dev.finetune.generate.",
            "dev.finetune.head.",
            "dev.finetune.hub.",
            "dev.finetune.lm.",
            "dev.finetune.lm.input.",
            "dev.finetune.live.",
            "dev.finetune.metrics.",
            "dev.finetune.peft.",
            "dev.finetune.preference.",
            "dev.finetune.record.",
            "dev.finetune.report.",
            "dev.finetune.search.",
            "dev.finetune.task.",
            "dev.finetune.trackers.",
            "dev.finetune.train.",
            "dev.finetune.vision.",
            "dev.finetune.vision.image.");

    @Test
    void everyNameOfOursExists() throws IOException {
        final List<String> names = new ArrayList<>();
        for (String[] row : rows()) {
            Stream.of(row[2], row[3])
                    .flatMap(cell -> CODE.matcher(cell).results())
                    .map(found -> found.group(1))
                    .forEach(names::add);
        }

        assertThat(names)
                .hasSizeGreaterThan(100)
                .allSatisfy(name -> assertThat(exists(name)).as(name).isTrue());
        assertThat(exists("FineTuner.learningRate")).isFalse();
    }

    /** Transformers 5.18 has 112: the fields of its TrainingArguments that don't start with an underscore. */
    @Test
    void everyTrainingArgumentHasARow() throws IOException {
        final String page = Files.readString(PAGE);
        final String table = page.substring(page.indexOf("## TrainingArguments"), page.indexOf("## Trainer and"));

        assertThat(table.lines()
                        .filter(line -> line.startsWith("| `"))
                        .flatMap(line -> CODE.matcher(line.split("\\|")[1]).results())
                        .map(MatchResult::group))
                .doesNotHaveDuplicates()
                .hasSize(112);
    }

    private static List<String[]> rows() throws IOException {
        return Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| ---"))
                .map(line -> line.split("\\|", -1))
                .toList();
    }

    /** A class, a member "Class.member", or a method of FineTuner with its arguments. */
    private static boolean exists(String name) {
        final int arguments = name.indexOf('(');
        final String[] parts = (arguments < 0 ? name : "FineTuner." + name.substring(0, arguments)).split("\\.");
        return PACKAGES.stream()
                .flatMap(place -> Stream.ofNullable(find(place + parts[0])))
                .anyMatch(type -> parts.length == 1
                        || find(type.getName() + "$" + parts[1]) != null
                        || Stream.<Member>concat(Stream.of(type.getMethods()), Stream.of(type.getFields()))
                                .anyMatch(member -> member.getName().equals(parts[1])));
    }

    private static Class<?> find(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            return null;
        }
    }
}
