package dev.finetune.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.Reports;
import dev.finetune.data.Dataset;
import dev.finetune.data.SquadFiles;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.data.TokenFiles;
import dev.finetune.error.DivergedException;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.freeze.Layers;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.peft.Lora;
import dev.finetune.record.DataPart;
import dev.finetune.record.FitRecord;
import dev.finetune.record.LayerRow;
import dev.finetune.record.Outcome;
import dev.finetune.record.Setting;
import dev.finetune.search.Auto;
import dev.finetune.search.AutoResult;
import dev.finetune.search.Halving;
import dev.finetune.search.Search;
import dev.finetune.testkit.TinyData;
import dev.finetune.testkit.TinyModels;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingControl;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import dev.finetune.vision.Image;
import dev.finetune.vision.ImageFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports of fits of small models. */
class FitReportsTest {
    @TempDir
    private static Path files;

    @TempDir
    private Path folder;

    private static Path bert;
    private Path page;

    @BeforeAll
    static void makeModel() {
        bert = TinyModels.bert(files.resolve("bert"));
    }

    @BeforeEach
    void namePage() {
        page = folder.resolve("below").resolve("page.html");
    }

    private static FineTuner tuner() {
        return FineTuner.from(bert)
                .head("negative", "positive")
                .maxLength(16)
                .batchSize(8)
                .lr(3e-3)
                .epochs(2);
    }

    private static Dataset<Text> reviews(int from, int count) {
        return TextFiles.tsv(TinyData.reviews(files.resolve("reviews" + from + ".tsv"), from, count))
                .classification();
    }

    private String text() {
        return Html.text(read(page));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private FitRecord record() {
        return FitRecord.read(folder.resolve("below").resolve("page.json"));
    }

    @Test
    void aFitOfTextsIsShownAndKept() {
        final Dataset<Text> validation = reviews(40, 20);
        try (FineTuned<Text> tuned = tuner().report(page).fit(reviews(0, 40), validation)) {
            final FitRecord fit = record();

            assertThat(fit.evaluation()).contains(tuned.evaluation());
            assertThat(fit.course().steps())
                    .isEqualTo(tuned.history().orElseThrow().steps());
            assertThat(fit.settings()).contains(new Setting("learning rate", "0.003", false));
            assertThat(fit.data().stream().map(DataPart::rows)).containsExactly(40L, 20L);
            assertThat(fit.data().get(0).classes()).isEqualTo(Map.of("negative", 20L, "positive", 20L));
            assertThat(fit.data().get(1).lengths().orElseThrow().longest()).isBetween(5, 16);
            assertThat(fit.outcomes().kept()).hasSize(20);
            final Outcome first = fit.outcomes().kept().get(0);
            assertThat(first.input().text()).isEqualTo(TinyData.review(40));
            assertThat(((Outcome.OfClass) first).predicted())
                    .isEqualTo(tuned.predict(Text.of(TinyData.review(40))).label());
            final long right =
                    fit.outcomes().kept().stream().filter(Outcome::isRight).count();
            assertThat(right / 20.0).isEqualTo(tuned.evaluation().get("accuracy"));
        }
        assertThat(text()).contains("accuracy on validation data", "Metrics of each class", "Confusion");
        assertThat(read(page).getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(150_000);
        assertThat(Html.all(read(page), "svg")).hasSizeGreaterThanOrEqualTo(8);
    }

    @Test
    void whatLoraAddsIsShown() {
        try (FineTuned<Text> tuned = tuner().lora(Lora.rank(2)).report(page).fit(reviews(0, 16), reviews(40, 8))) {
            assertThat(record().layers().stream().filter(LayerRow::isAdded)).isNotEmpty();
            assertThat(tuned.labels()).hasSize(2);
        }
        assertThat(record().settings())
                .anySatisfy(setting -> {
                    assertThat(setting.name()).isEqualTo("adapter");
                    assertThat(setting.value()).startsWith("LoRA of rank 2 on").contains("scale 4 / rank, dropout 0");
                })
                .contains(new Setting("freezing", "the base, beside which the adapter learns", false))
                .contains(new Setting("epochs", "2", false));
        assertThat(text())
                .contains("The model was adapted with", "trained, added", "these began with random values (2):")
                .doesNotContain("Newly initialized", "Lora[");
    }

    @Test
    void tokensAndAnswersAreShownInTheirContext() {
        final var sentences =
                TokenFiles.conll(TinyData.sentences(files.resolve("s.conll"))).tokenClassification();
        tuner().head(Heads.tokens())
                .epochs(0.4)
                .report(page)
                .fit(sentences, sentences)
                .close();
        assertThat(record().outcomes().kept()).hasSize(20).allMatch(Outcome.OfTags.class::isInstance);
        assertThat(Html.all(read(page), "mark")).isNotEmpty();

        final var questions =
                SquadFiles.json(TinyData.questions(files.resolve("q.json"))).questionAnswering();
        tuner().head(Heads.questionAnswering())
                .maxLength(32)
                .epochs(0.4)
                .report(page)
                .fit(questions, questions)
                .close();
        assertThat(record().outcomes().kept()).hasSize(20).allMatch(Outcome.OfAnswer.class::isInstance);
        assertThat(text()).contains("lives in");
    }

    @Test
    void picturesThatAreMistakenAreSeen() {
        final Dataset<Image> pictures = ImageFolder.of(TinyData.pictures(files.resolve("pictures")));
        FineTuner.from(TinyModels.resnet(files.resolve("resnet")))
                .head("cold", "warm")
                .lr(1e-8)
                .batchSize(4)
                .epochs(1)
                .report(page)
                .fit(pictures, pictures)
                .close();

        assertThat(Html.all(read(page), "img"))
                .isNotEmpty()
                .allSatisfy(
                        picture -> assertThat(picture.getAttribute("src")).startsWith("data:image/jpeg;base64,/9j/"));
        assertThat(record().data().get(0).lengths()).isEmpty();
    }

    @Test
    void aTrainingThatDivergesIsShownAsFarAsItCame() {
        final FineTuner wild = tuner().lr(1e30)
                .optimization(o -> o.maxGradientNorm(0))
                .epochs(20)
                .report(page);

        assertThatThrownBy(() -> wild.fit(reviews(0, 40), reviews(40, 8))).isInstanceOf(DivergedException.class);
        assertThat(record().course().failure()).isPresent();
        assertThat(text()).contains("This training failed after");
    }

    @Test
    void soIsOneOfAFewExamplesAndOneOfPairs() {
        final FineTuner wild = tuner().lr(1e30)
                .optimization(o -> o.maxGradientNorm(0))
                .epochs(20)
                .report(page);

        assertThatThrownBy(() -> wild.fitFewShot(reviews(0, 16))).isInstanceOf(DivergedException.class);
        assertThat(record().settings()).extracting(Setting::name).contains("few-shot");
        assertThat(record().course().failure()).isPresent();
        assertThatThrownBy(() -> wild.head(Heads.features(Pooling.MEAN)).fitContrastive(reviews(0, 16)))
                .isInstanceOf(DivergedException.class);
        assertThat(record().settings()).extracting(Setting::name).contains("contrast");
    }

    @Test
    void aTrainingThatAListenerStoppedSaysSo() {
        final TrainingListener stopping = new TrainingListener() {
            private TrainingControl control;

            @Override
            public void attached(TrainingControl given) {
                control = given;
            }

            @Override
            public void stepped(StepReport report) {
                if (report.step() == 3) {
                    control.stop();
                }
            }
        };
        tuner().listener(stopping)
                .report(page)
                .fit(reviews(0, 40), reviews(40, 8))
                .close();
        assertThat(record().course().end())
                .isEqualTo("stopped by a listener (" + stopping.getClass().getName() + ")");
        assertThat(record().course().stepsMade()).isEqualTo(3);
        assertThat(text())
                .contains(
                        "3 steps, stopped by a listener (" + stopping.getClass().getName() + ")");
    }

    @Test
    void withoutValidationDataThereAreCurvesAndAdvice() {
        tuner().report(page).fitAll(reviews(0, 16)).close();
        assertThat(text()).contains("There was no validation data.", "Rule: no validation");
        tuner().epochs(1).report(page).fitFewShot(reviews(0, 16)).close();
        assertThat(text()).contains("few-shot");
    }

    @Test
    void aReportThatCannotBeWrittenLosesNoFit() {
        final TrainingListener inTheWay = new TrainingListener() {
            @Override
            public void finished(TrainingHistory history) {
                try {
                    Files.createDirectories(page.resolve("in the way"));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
        try (FineTuned<Text> tuned = tuner().listener(inTheWay).report(page).fit(reviews(0, 16), reviews(40, 8))) {
            assertThat(tuned.predict(Text.of("the lamp is great")).label()).isNotEmpty();
        }
        assertThat(page.resolve("in the way")).isDirectory();
    }

    @Test
    void whereNoReportCanBeIsRefusedBeforeAnythingIsRead() throws IOException {
        final FineTuner nothing = FineTuner.from(files.resolve("reviews.none").toString());
        final Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> nothing.report(folder.resolve("a.pdf")).fitAll(reviews(0, 16)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("a.pdf")
                .hasMessageContaining("ends with .html");
        assertThatThrownBy(() -> nothing.report(file.resolve("a.html")).fitAll(reviews(0, 16)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(file + " is a file");
        final Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nowhere"));
        assertThatThrownBy(() -> nothing.report(link.resolve("a.html")).fitAll(reviews(0, 16)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(link + " is a link to something that isn't there");
        final Path directory = Files.createDirectories(folder.resolve("b.html"));
        assertThatThrownBy(() -> nothing.report(directory).fitAll(reviews(0, 16)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(directory + " is a directory");
    }

    @Test
    void aRecordNeverTakesThePlaceOfAnotherFile() throws IOException {
        tuner().report(page).fit(reviews(0, 16), reviews(40, 8)).close();
        final FitRecord fit = record();
        final Path mine = Files.writeString(folder.resolve("config.json"), "{\"mine\": 1}");
        assertThatThrownBy(() -> Reports.write(fit, folder.resolve("config.html")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(mine.toString(), "holds something else");
        assertThat(mine).hasContent("{\"mine\": 1}");
        Reports.write(fit, page); // Its own is replaced.
        assertThat(record()).isEqualTo(fit);
    }

    @Test
    void severalModelsHaveNoReportOfOne() {
        assertThatThrownBy(() -> tuner().report(page).crossValidate(reviews(0, 16), 2))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("crossValidate(...) trains several");
        assertThatThrownBy(() -> Search.over(tuner().report(page))
                        .logUniform("lr", 1e-4, 1e-3, FineTuner::lr)
                        .run(reviews(0, 16), reviews(40, 8)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("a search trains many");
    }

    @Test
    void aSearchHasAPageThatGrowsWithItsTrials() {
        final List<String> pages = new ArrayList<>();
        Search.over(tuner())
                .logUniform("lr", 1e-4, 1e-2, FineTuner::lr)
                .choice(
                        "freeze",
                        List.of("nothing", "embeddings"),
                        (some, name) ->
                                some.freeze(name.equals("nothing") ? Freeze.nothing() : Layers.upTo("embeddings")))
                .halving(Halving.usual())
                .metric("loss")
                .trials(6)
                .report(page)
                .onTrial(trial -> pages.add(Html.text(read(page))))
                .run(reviews(0, 40), reviews(40, 20));
        assertThat(pages).hasSize(6);
        assertThat(pages.get(0)).contains("trials1 1 finished", "1e-4 to 0.01, logarithmic");
        assertThat(text())
                .contains(
                        "Search of settings for bert",
                        "of which less is better",
                        "trials6 ",
                        "reviews0.tsv",
                        "What each setting did")
                .contains("after evaluations 1, 3, 9 and so on, of each of which the best 1/3")
                .contains("wasn't among the best 1/3 of the trials that had come there")
                .doesNotContain(files.toString());
        assertThat(folder.resolve("below").resolve("page.json")).doesNotExist();
        assertThatThrownBy(() -> Search.over(tuner())
                        .logUniform("lr", 1e-4, 1e-2, FineTuner::lr)
                        .report(folder.resolve("a.pdf"))
                        .run(reviews(0, 16), reviews(40, 8)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("ends with .html");
    }

    @Test
    void anAutomaticTuningHasAPageOfWhatItTriedAndWhyItChose() {
        try (AutoResult<Text> result =
                Auto.of(tuner()).within(Duration.ofSeconds(3)).report(page).fit(reviews(0, 40), reviews(40, 20))) {
            assertThat(text())
                    .contains(
                            "Automatic tuning of bert",
                            result.chosen().name(),
                            result.reasons().get(0))
                    .contains("of 3.0 s that were given", "as set");
        }
    }

    @Test
    void recordsAreShownAnewAndCompared() {
        tuner().report(page).fit(reviews(0, 16), reviews(40, 8)).close();
        final FitRecord first = record();
        tuner().lr(1e-3).report(page).fit(reviews(0, 16), reviews(40, 8)).close();
        final Map<String, FitRecord> fits = new LinkedHashMap<>();
        fits.put("fast", first);
        fits.put("slow", record());
        final Path comparison = folder.resolve("comparison.html");
        Reports.compare(fits, comparison);

        assertThat(Html.text(read(comparison))).contains("learning rate 0.003 0.001", "fast and slow 8");
        Reports.write(first, folder.resolve("again.html"));
        assertThat(Html.text(read(folder.resolve("again.html")))).contains("0.003");
        assertThatThrownBy(() -> Reports.compare(Map.of("one", first), comparison))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("at least two");
        assertThat(List.of(first)).hasSize(1);
    }

    @Test
    void regressionAndSeveralLabelsAreShown() throws IOException {
        final Path ratings = files.resolve("ratings.tsv");
        final StringBuilder lines = new StringBuilder("text\tlabel\n");
        for (int i = 0; i < 16; i++) {
            lines.append(TinyData.review(i))
                    .append('\t')
                    .append(i % 2 == 0 ? 4.5 : 1.5)
                    .append('\n');
        }
        Files.writeString(ratings, lines);
        final Dataset<Text> numbers = TextFiles.tsv(ratings).regression();
        tuner().head(Heads.regression()).report(page).fit(numbers, numbers).close();
        assertThat(text()).contains("Predicted numbers by true ones", "Those whose number is farthest");
    }
}
