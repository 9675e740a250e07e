package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.finetune.vision.ImageFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExplainCommandTest {
    @TempDir
    static Path folder;

    @BeforeAll
    static void makeModelsAndFiles() throws IOException {
        StandIns.fill(folder);
    }

    private static CommandLineRun explain(String model, String... more) {
        final List<String> all = new ArrayList<>(
                List.of("explain", "--model", folder.resolve(model).toString()));
        all.addAll(List.of(more));
        return CommandLineRun.of(all.toArray(new String[0]));
    }

    @Test
    void aTextIsExplainedOnTheTerminalAsHtmlAndAsJson() throws IOException {
        final Path html = folder.resolve("why.html");
        final Path json = folder.resolve("why.json");

        final CommandLineRun run = explain(
                        "my-model",
                        "--text",
                        "the lamp is <great>",
                        "--target",
                        "negative",
                        "--html",
                        html.toString(),
                        "--json",
                        json.toString())
                .well();

        assertThat(run.text())
                .contains("negative: score", "integrated gradients, 50 steps from padding; completeness error")
                .containsPattern("[+-]\\d\\.\\d{4} [+-]* +lamp");
        assertThat(Files.readString(html))
                .startsWith("<!doctype html>")
                .contains("&lt;")
                .doesNotContain("<great>", "http");
        assertThat(JsonParser.parseString(Files.readString(json))
                        .getAsJsonObject()
                        .get("target")
                        .getAsString())
                .isEqualTo("negative");
    }

    @Test
    void onlyExplanationsAreReplacedUnlessOneSaysSo() throws IOException {
        final Path json = Files.writeString(folder.resolve("notes.json"), "{\"mine\": 1}");
        assertThat(explain("my-model", "--text", "a lamp", "--json", json.toString())
                        .errors())
                .contains("--json " + json + ": there is a file of that name already", "--overwrite");
        assertThat(json).hasContent("{\"mine\": 1}");
        final Path png = Files.writeString(folder.resolve("holiday.png"), "mine");
        final Path picture = ImageFolder.pictures(folder.resolve("photos")).get(0);
        assertThat(explain("image-base", "--image", picture.toString(), "--out", png.toString())
                        .errors())
                .contains("--out " + png + ": there is a file of that name already");
        assertThat(png).hasContent("mine");

        explain("my-model", "--text", "a lamp", "--json", json.toString(), "--overwrite")
                .well();
        explain("my-model", "--text", "a lamp", "--json", json.toString()).well(); // Its own.
        assertThat(Files.readString(json)).startsWith("{\"method\":");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GRADIENT_TIMES_INPUT", "occlusion", "REMOVAL"})
    void otherMethodsAndPairsAreExplainedToo(String method) {
        assertThat(explain("my-model", "--text", "the lamp", "--pair", "is great", "--method", method)
                        .well()
                        .text())
                .contains("great")
                .doesNotContain("integrated");
    }

    @Test
    void aPictureIsExplainedByAPng() throws IOException {
        final Path out = folder.resolve("why.png");
        final Path picture = ImageFolder.pictures(folder.resolve("photos")).get(0);

        final CommandLineRun run = explain("image-base", "--image", picture.toString(), "--out", out.toString())
                .well();

        assertThat(run.text()).contains("places of", "written to");
        assertThat(ImageIO.read(out.toFile()).getWidth()).isGreaterThanOrEqualTo(224);
    }

    @Test
    void whatDoesNotGoTogetherIsSaid() {
        assertThat(explain("my-model").errors()).contains("Give a --text to explain, or an --image");
        assertThat(explain("image-base", "--image", "x.png").errors()).contains("needs --out");
        assertThat(explain("my-model", "--text", "a", "--out", "x.png").errors())
                .contains("--html and --json");
        assertThat(explain("my-model", "--text", "a", "--target", "so").errors())
                .contains("[negative, positive]");
        assertThat(explain("image-base", "--text", "a").errors())
                .contains("reads pictures: give --image FILE and --out FILE");
        assertThat(explain(
                                "my-model",
                                "--image",
                                "x.png",
                                "--out",
                                folder.resolve("x.png").toString())
                        .errors())
                .contains("reads texts: give --text TEXT");
        assertThat(explain("nowhere", "--text", "a").errors()).contains("nowhere");
    }
}
