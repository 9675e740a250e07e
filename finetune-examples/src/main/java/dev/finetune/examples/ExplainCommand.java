package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.explain.ActivationMap;
import dev.finetune.explain.Attribution;
import dev.finetune.explain.Explain;
import dev.finetune.explain.ExplanationMethod;
import dev.finetune.explain.GradCam;
import dev.finetune.vision.Image;
import dev.finetune.vision.ImageOverlay;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Says why a saved model says what it says: of a text by its tokens, of a picture by its places. */
@Command(
        name = "explain",
        description = {
            "Say why a saved model says what it says of a text or a picture.",
            "Of a text: a line for each token, with what it speaks for or against the predicted label, or that of --target. Of a"
                    + " picture: a PNG on which the places that speak for it are warm."
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class ExplainCommand implements Callable<Integer> {
    private static final String PAGE =
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Explanation</title>\n";

    private static final String JSON = "{\"method\":";

    /** How tokens are told apart. */
    enum Method {
        /** By the gradients between padding and the text. */
        INTEGRATED_GRADIENTS,
        /** By the gradient at the text. */
        GRADIENT_TIMES_INPUT,
        /** By hiding each under the mask token. */
        OCCLUSION,
        /** By removing each. */
        REMOVAL
    }

    @Option(names = "--model", required = true, description = "The directory of a saved model.")
    private Path model = Path.of("");

    @Option(names = "--text", description = "The text to explain.")
    private @Nullable String text;

    @Option(names = "--pair", description = "The second text of a pair.")
    private @Nullable String pair;

    @Option(names = "--image", description = "The picture to explain.")
    private @Nullable Path image;

    @Option(names = "--target", description = "The label to explain, in place of the predicted one.")
    private @Nullable String target;

    @Option(names = "--method", description = "Of texts: ${COMPLETION-CANDIDATES}.")
    private Method method = Method.INTEGRATED_GRADIENTS;

    @Option(names = "--steps", description = "Points between padding and the text, for integrated gradients.")
    private int steps = 50;

    @Option(names = "--html", description = "A file for the text with coloured tokens.")
    private @Nullable Path html;

    @Option(names = "--json", description = "A file for all of it as JSON.")
    private @Nullable Path json;

    @Option(names = "--out", description = "The PNG for a picture.")
    private @Nullable Path out;

    @Option(
            names = "--overwrite",
            description =
                    "Replace the files of --html, --json and --out, whatever they are; else only explanations of texts.")
    private boolean overwrite;

    @Override
    public Integer call() throws IOException {
        if ((text == null) == (image == null)) {
            throw new WrongUsage("Give a --text to explain, or an --image: one of them.");
        }
        Output.checkThere(model);
        return text == null ? picture(Objects.requireNonNull(image)) : text(text);
    }

    private int text(String given) throws IOException {
        checkAbsent("--out", out, "--html and --json are what a text's explanation is written to");
        check("--html", html, PAGE);
        if (html != null && !html.toString().endsWith(".html")) {
            throw new WrongUsage("--html " + html + ": expected the name of a file that ends with .html.");
        }
        check("--json", json, JSON);
        final Text input = pair == null ? Text.of(given) : Text.pair(given, pair);
        try (FineTuned<Text> loaded = load(Text.class)) {
            final Attribution why = loaded.explain(input, method());
            final PrintStream utf8 = new PrintStream(System.out, true, StandardCharsets.UTF_8); // not to be closed
            utf8.println(loaded.predict(input));
            utf8.println(why);
            if (html != null) {
                Files.writeString(html, page(why));
            }
            if (json != null) {
                Files.writeString(json, why.toJson() + "\n");
            }
        }
        return 0;
    }

    private <I> FineTuned<I> load(Class<I> inputs) {
        final FineTuned<I> loaded = FineTuned.load(model);
        final Class<?> reads = loaded.assembly().encoder().inputType();
        if (reads != inputs) {
            loaded.close();
            final String instead = reads == Image.class
                    ? "reads pictures: give --image FILE and --out FILE."
                    : reads == Text.class
                            ? "reads texts: give --text TEXT."
                            : "reads " + reads.getSimpleName() + ": only texts and pictures are explained.";
            throw new FinetuneException(
                    (inputs == Text.class ? "--text" : "--image") + ": the model in " + model + " " + instead);
        }
        return loaded;
    }

    private ExplanationMethod<Attribution> method() {
        return switch (method) {
            case INTEGRATED_GRADIENTS ->
                target == null
                        ? Explain.integratedGradients().steps(steps)
                        : Explain.integratedGradients().steps(steps).target(target);
            case GRADIENT_TIMES_INPUT ->
                target == null
                        ? Explain.gradientTimesInput()
                        : Explain.gradientTimesInput().target(target);
            case OCCLUSION ->
                target == null ? Explain.occlusion() : Explain.occlusion().target(target);
            case REMOVAL ->
                target == null
                        ? Explain.occlusion().byRemoval()
                        : Explain.occlusion().byRemoval().target(target);
        };
    }

    private static String page(Attribution why) {
        return PAGE + "<meta name=\"viewport\" content=\"width=device-width\">\n"
                + "<style>:root{color-scheme:light dark}body{font-family:system-ui,sans-serif;max-width:60em;margin:2em auto;"
                + "padding:0 1em}</style>\n"
                + why.toHtml() + "\n</html>\n";
    }

    private int picture(Path file) throws IOException {
        checkAbsent("--html", html, "--out is what a picture's explanation is written to");
        checkAbsent("--json", json, "--out is what a picture's explanation is written to");
        if (out == null) {
            throw new WrongUsage("--image " + file + " needs --out: the PNG to write.");
        }
        Output.checkFile("--out", out, overwrite, "");
        final Image input = Image.of(file);
        try (FineTuned<Image> loaded = load(Image.class)) {
            final GradCam how =
                    target == null ? Explain.gradCam() : Explain.gradCam().target(target);
            final ActivationMap map = loaded.explain(input, how);
            ImageOverlay.of(loaded, input, map).write(out);
            System.out.println(loaded.predict(input));
            System.out.println(map);
            System.out.println("written to " + out.toAbsolutePath());
        }
        return 0;
    }

    private void check(String option, @Nullable Path file, String start) throws IOException {
        if (file != null) {
            Output.checkFile(option, file, overwrite, start);
        }
    }

    private static void checkAbsent(String option, @Nullable Path file, String instead) {
        if (file != null) {
            throw new WrongUsage(option + " " + file + ": " + instead + ".");
        }
    }
}
