package dev.finetune.examples;

import com.google.gson.GsonBuilder;
import dev.finetune.Embedder;
import dev.finetune.FineTuner;
import dev.finetune.Reports;
import dev.finetune.data.DataCheck;
import dev.finetune.data.DataReport;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Finding;
import dev.finetune.data.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Looks thoroughly at data before anything is trained on it. */
@Command(
        name = "check",
        description = "Look for what will hurt in data: repeats and near-repeats, leakage from training to evaluation"
                + " data, wrong and conflicting labels, odd lengths, characters and languages.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class CheckCommand implements Callable<Integer> {
    /** What the JSON of a report begins with. */
    private static final String START = "{\n  \"parts\"";

    /** What its page begins with. */
    private static final String PAGE = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>";

    @Option(
            names = "--train",
            required = true,
            description = "Training data: .tsv, .csv or .jsonl (also .gz), CoNLL for tokens, SQuAD JSON for"
                    + " question-answering; JSON Lines of chats, completions or preferences, as the command lm reads"
                    + " them; a folder with a folder for each class for pictures.")
    private Path train = Path.of("");

    @Option(names = "--eval", description = "Evaluation data, likewise.")
    private Optional<Path> eval = Optional.empty();

    @Option(
            names = "--task",
            description = "classification, multi-label, regression, tokens, question-answering or masked-lm.")
    private String task = "classification";

    @Option(
            names = "--rows",
            description =
                    "Of data for language models: chats, completions, preferences, completion-preferences or texts;"
                            + " by default what the first row looks like.")
    private Optional<String> rows = Optional.empty();

    @Option(
            names = "--model",
            description = "An encoder of texts whose vectors are to find wrong labels, which they do better than"
                    + " words; of data for language models the one whose tokens are counted: a directory, a model id, or the"
                    + " name of one in a jar.")
    private Optional<String> model = Optional.empty();

    @Option(
            names = "--max-length",
            description =
                    "The longest text in tokens that --model reads; by default 128 of an encoder, and of a language"
                            + " model what it takes, 1024 at most.")
    private Optional<Integer> maxLength = Optional.empty();

    @Option(names = "--json", description = "A file to write all that was found to, as JSON.")
    private Optional<Path> json = Optional.empty();

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description =
                    "A page of HTML to write what was found to, with rows of the data: of each kind the first fifty"
                            + " cases.")
    private Optional<Path> page = Optional.empty();

    @Option(names = "--overwrite", description = "Replace the files of --json and --report, whoever wrote them.")
    private boolean overwrite;

    @Option(
            names = "--fail-on",
            split = ",",
            paramLabel = "KIND",
            description = "Kinds of findings, with commas between, of which any makes the exit status 1, such as"
                    + " leakage,near-leakage,conflicting-labels.")
    private List<String> failOn = List.of();

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private Reading reading = new Reading();

    @Override
    public Integer call() throws IOException {
        final List<String> kinds = failOn.stream()
                .map(kind -> kind.strip().toLowerCase(Locale.ROOT))
                .toList();
        kinds.forEach(this::checkKind);
        if (json.isPresent()) {
            Output.checkFile("--json", json.get(), overwrite, START);
        }
        if (page.isPresent()) {
            Output.checkFile("--report", page.get(), overwrite, PAGE);
            if (!page.get().toString().toLowerCase(Locale.ROOT).endsWith(".html")) {
                throw new WrongUsage("--report " + page.get() + ": expected the name of a file that ends with .html.");
            }
        }
        final DataReport report = inWords(Files.isDirectory(train) ? ofPictures() : ofTexts());
        System.out.print(report);
        if (json.isPresent()) {
            Files.writeString(
                    json.get(),
                    new GsonBuilder()
                                    .setPrettyPrinting()
                                    .disableHtmlEscaping()
                                    .create()
                                    .toJson(report.toJson()) + "\n",
                    StandardCharsets.UTF_8);
        }
        page.ifPresent(file -> {
            Reports.write(report, file);
            System.out.println("\nthe page is in " + file.toAbsolutePath());
        });
        final List<String> failed = report.issues().stream()
                .map(issue -> issue.code().id())
                .filter(kinds::contains)
                .toList();
        if (!failed.isEmpty()) {
            System.err.println("error: found " + String.join(", ", failed) + " (--fail-on)");
        }
        return failed.isEmpty() ? 0 : 1;
    }

    /** What it advises in the words of this command. */
    private DataReport inWords(DataReport report) {
        return new DataReport(
                report.parts(),
                report.issues().stream()
                        .map(issue -> new DataReport.Issue(
                                issue.severity(),
                                issue.code(),
                                issue.what(),
                                Advice.of(issue.advice(), command),
                                issue.count(),
                                issue.cases()))
                        .toList(),
                report.leftOut().stream().map(why -> Advice.of(why, command)).toList());
    }

    private void checkKind(String kind) {
        final List<String> all =
                Arrays.stream(Finding.Code.values()).map(Finding.Code::id).toList();
        if (!all.contains(kind)) {
            throw new WrongUsage("--fail-on " + kind + ": there is no such kind of finding. There are "
                    + String.join(", ", all) + ".");
        }
        if (kind.endsWith("leakage") && eval.isEmpty()) {
            throw new WrongUsage("--fail-on " + kind + " compares two parts: give the other one with --eval.");
        }
    }

    private DataReport ofTexts() {
        final Optional<LanguageRows> language = rows.map(LanguageRows::named)
                .or(() -> reading.namesColumns() ? Optional.empty() : LanguageRows.ifAny(train));
        if (language.isPresent()) {
            final LanguageRows kind = language.get();
            return ofLanguage(kind.read(train), eval.map(kind::read));
        }
        return report(reading.read(task, train), eval.map(file -> reading.read(task, file)));
    }

    /** With the tokens that a language model reads, if one is named. */
    @SuppressWarnings("unchecked") // Both were read as the same kind.
    private <I> DataReport ofLanguage(Dataset<I> learned, Optional<Dataset<?>> held) {
        if (model.isEmpty()) {
            return check(learned, held).report();
        }
        final FineTuner plain = FineTuner.from(model.get()).hub(h -> h.downloads(Console.downloads()));
        final FineTuner tuner =
                WrongUsage.unless(() -> maxLength.map(plain::maxLength).orElse(plain));
        return held.map(data -> tuner.check(learned, (Dataset<I>) data)).orElseGet(() -> tuner.check(learned));
    }

    @SuppressWarnings("unchecked") // Both were read for the same task.
    private static <I> DataCheck<I> check(Dataset<I> learned, Optional<Dataset<?>> held) {
        return held.map(data -> DataCheck.of(learned, (Dataset<I>) data)).orElseGet(() -> DataCheck.of(learned));
    }

    private <I> DataReport report(Dataset<I> learned, Optional<Dataset<?>> held) {
        final DataCheck<I> check = check(learned, held);
        if (model.isEmpty()) {
            return check.report();
        }
        if (learned.inputType() != Text.class) {
            throw new WrongUsage("--model is for tasks that read texts; this one reads "
                    + learned.inputType().getSimpleName() + ". Leave it out.");
        }
        try (Embedder<Text> embedder =
                FineTuner.from(model.get()).maxLength(maxLength.orElse(128)).embedder(Text.class)) {
            return embedded(check, embedder).report();
        }
    }

    @SuppressWarnings("unchecked") // Only data of texts gets here.
    private static <I> DataCheck<I> embedded(DataCheck<I> check, Embedder<Text> embedder) {
        return check.embeddedBy(inputs -> embedder.embed((List<Text>) inputs));
    }

    /** Pictures are the same if their files hold the same bytes, whatever these are called. */
    private DataReport ofPictures() {
        if (model.isPresent()) {
            throw new WrongUsage("--model is for texts, but " + train + " holds pictures. Leave it out.");
        }
        final Dataset<PictureBytes> learned = pictures(train);
        return eval.map(folder -> DataCheck.of(learned, pictures(folder)))
                .orElseGet(() -> DataCheck.of(learned))
                .report();
    }

    private Dataset<PictureBytes> pictures(Path folder) {
        return reading.labelledPictures(task, folder)
                .map(PictureBytes.class, example -> new Example<>(PictureBytes.of(example.input()), example.label()));
    }
}
