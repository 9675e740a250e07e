package dev.finetune.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class DocumentTest {
    @Test
    void whatTheDocumentShowsIsCompiledHere() throws IOException {
        final String compiled = dense(Files.readString(Path.of("src/test/java/dev/finetune/spark/Documented.java")));
        final List<String> blocks = Pattern.compile("(?s)```java\n(.*?)```")
                .matcher(Files.readString(Path.of("../docs/spark.md")))
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
        assertThat(blocks).hasSize(5).allSatisfy(block -> assertThat(compiled).contains(dense(block)));
    }

    private static String dense(String text) {
        return text.replaceAll("\\s+", "");
    }
}
