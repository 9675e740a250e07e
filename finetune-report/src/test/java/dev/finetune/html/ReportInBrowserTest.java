package dev.finetune.html;

import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.results.Rule;
import com.deque.html.axecore.selenium.AxeBuilder;
import dev.finetune.live.LiveReport;
import dev.finetune.record.Course;
import dev.finetune.record.FitRecord;
import dev.finetune.train.TrainingListener;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * Pages in a browser, light and dark, narrow and wide. Without Chromium and its driver it is skipped. With the system property
 * finetune.shots it leaves pictures of the pages in that folder.
 */
class ReportInBrowserTest {
    private static final List<Integer> WIDTHS = List.of(400, 1000, 1600);

    @TempDir
    private static Path folder;

    private static Optional<ChromeDriver> browser = Optional.empty();

    @BeforeAll
    static void open() {
        final Optional<Path> chromium = found("chromium", "chromium-browser", "google-chrome");
        final Optional<Path> driver = found("chromedriver");
        if (chromium.isEmpty() || driver.isEmpty()) {
            System.err.println(
                    "SKIPPED: reports are not looked at in a browser, for there is no chromium or no chromedriver");
            Assumptions.abort("no chromium, or no chromedriver");
        }
        final ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.orElseThrow().toFile());
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--user-data-dir=" + folder.resolve("profile"));
        final LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        browser = Optional.of(new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(driver.orElseThrow().toFile())
                        .build(),
                options));
    }

    private static Optional<Path> found(String... names) {
        return Stream.of(names)
                .flatMap(name -> Stream.of(System.getenv("PATH").split(":")).map(directory -> Path.of(directory, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    @AfterAll
    static void close() {
        browser.ifPresent(ChromeDriver::quit);
    }

    private static Map<String, String> pages() {
        final Map<String, String> pages = new LinkedHashMap<>();
        final HtmlReporter reporter = new HtmlReporter();
        pages.put("classes", reporter.page(Fits.classes(Fits.names(12), 60, 7, Fits.STEADY)));
        pages.put("tags", reporter.page(HtmlReporterTest.tags()));
        pages.put("answers", reporter.page(HtmlReporterTest.answers()));
        pages.put("numbers", reporter.page(HtmlReporterTest.numbers()));
        pages.put("written", reporter.page(HtmlReporterTest.written()));
        pages.put("diverged", reporter.page(HtmlReporterTest.diverged()));
        final Map<String, FitRecord> fits = new LinkedHashMap<>();
        fits.put("first", Fits.classes(List.of("bad", "good"), 60, 3, Fits.STEADY));
        fits.put("second", Fits.classes(List.of("bad", "good"), 60, 0, Fits.STEADY));
        pages.put("comparison", reporter.comparison(fits));
        pages.put("search", reporter.search(Searches.search(20)));
        pages.put("tuning", reporter.tuning(Searches.tuning()));
        pages.put("check", reporter.check(CheckPageTest.report()));
        return pages;
    }

    @Test
    void pagesAreAccessibleAndFitOnScreensOfAnyWidthInLightAndDark() throws IOException {
        final ChromeDriver driver = browser.orElseThrow();
        final List<String> wrong = new ArrayList<>();
        for (Map.Entry<String, String> page : pages().entrySet()) {
            final Path file = Files.writeString(folder.resolve(page.getKey() + ".html"), page.getValue());
            for (String scheme : List.of("light", "dark")) {
                emulate(driver, scheme);
                for (int width : WIDTHS) {
                    driver.manage().window().setSize(new Dimension(width, 900));
                    driver.get(file.toUri().toString());
                    look(driver, page.getKey() + ", " + scheme + ", " + width, width, wrong);
                }
                accessible(driver, page.getKey() + ", " + scheme, wrong);
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static void emulate(ChromeDriver driver, String scheme) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    private static void accessible(ChromeDriver driver, String what, List<String> wrong) {
        driver.executeScript("document.querySelectorAll('details').forEach(d => d.open = true)");
        new AxeBuilder()
                .analyze(driver).getViolations().stream()
                        .map(violation -> what + ": " + told(violation))
                        .forEach(wrong::add);
    }

    /** Waits until a page says something. */
    private static void await(ChromeDriver driver, String words) {
        driver.manage().timeouts().scriptTimeout(Duration.ofSeconds(30));
        driver.executeAsyncScript(
                "const [words, done] = arguments; const look = () => document.body.textContent.includes(words) && done();"
                        + " new MutationObserver(look).observe(document.body, {childList: true, subtree: true}); look();",
                words);
    }

    @Test
    void aPageOfAFitThatGoesOnIsRenewedInItsPlaceUntilItIsOver() throws IOException {
        final ChromeDriver driver = browser.orElseThrow();
        final List<String> wrong = new ArrayList<>();
        final FitRecord over = Fits.classes(Fits.names(3), 60, 7, Fits.STEADY);
        final AtomicReference<URI> address = new AtomicReference<>();
        final LiveReport live = LiveReport.on(0).opened(address::set);
        live.opening();
        try {
            live.begins(over.at(Course.ongoing(0, List.of(), List.of(), 0), Optional.empty(), List.of()));
            live.started(new TrainingListener.Plan(240, 60, 40, 32, 1632, "accuracy"));
            over.course().steps().subList(0, 10).forEach(live::stepped);
            for (String scheme : List.of("light", "dark")) {
                emulate(driver, scheme);
                for (int width : WIDTHS) {
                    driver.manage().window().setSize(new Dimension(width, 900));
                    driver.get(address.get().toString());
                    await(driver, "step 10 of 40 (25 %)");
                    look(driver, "live, " + scheme + ", " + width, width, wrong);
                }
                accessible(driver, "live, " + scheme, wrong);
            }
            driver.executeScript("document.querySelectorAll('details').forEach(d => d.open = false);"
                    + " const seen = document.querySelectorAll('details')[1]; seen.open = true;"
                    + " seen.querySelector('summary').focus(); window.scrollTo({top: 300, behavior: 'instant'})");
            final Object opened = driver.executeScript("return document.activeElement.textContent");
            over.course().steps().subList(10, 20).forEach(live::stepped);
            live.evaluated(over.course().evaluations().get(0));
            await(driver, "step 20 of 40 (50 %)");
            assertThat(driver.executeScript("return document.activeElement.textContent"))
                    .isEqualTo(opened);
            assertThat(driver.executeScript("return document.querySelectorAll('details[open]').length"))
                    .isEqualTo(1L);
            assertThat(driver.executeScript("return window.scrollY")).isEqualTo(300L);
            live.ended(over);
            await(driver, "This fit is over");
            assertThat(driver.getTitle()).isEqualTo("Fine-tuned from bert-base-uncased");
            look(driver, "live, over", 1600, wrong);
        } finally {
            live.closing();
        }
        assertThat(wrong).isEmpty();
    }

    private static void look(ChromeDriver driver, String what, int width, List<String> wrong) throws IOException {
        final JavascriptExecutor script = driver;
        final long wide = ((Number) script.executeScript("return document.documentElement.scrollWidth")).longValue();
        final long seen = ((Number) script.executeScript("return window.innerWidth")).longValue();
        if (wide > seen) {
            wrong.add(what + ": the page is " + wide + " pixels wide");
        }
        for (LogEntry entry : driver.manage().logs().get(LogType.BROWSER)) {
            wrong.add(what + ": " + entry.getMessage());
        }
        final String shots = System.getProperty("finetune.shots", "");
        if (!shots.isEmpty()) {
            final long high =
                    ((Number) script.executeScript("return document.documentElement.scrollHeight")).longValue();
            driver.manage().window().setSize(new Dimension(width, (int) Math.min(high + 150, 16_000)));
            Files.write(Path.of(shots, what.replace(", ", "-") + ".png"), driver.getScreenshotAs(OutputType.BYTES));
        }
    }

    private static String told(Rule violation) {
        return violation.getId() + ", " + violation.getHelp() + ": "
                + violation.getNodes().stream()
                        .limit(3)
                        .map(node -> String.valueOf(node.getHtml()))
                        .toList();
    }
}
