package dev.finetune.examples;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.data.Example;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Prediction;
import dev.finetune.vision.Image;
import dev.finetune.vision.ImageFolder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Asks a saved model; prints a line for each input, as JSON or TSV, and nothing else. */
@Command(
        name = "predict",
        description = {
            "Ask a saved model: a line of JSON or TSV for each input.",
            "Inputs are arguments, or the rows of a file, or the lines of standard input. On a line or in an argument a pair"
                    + " of texts, and a question and its passage, have a tab between them; words have spaces; pictures are"
                    + " named by their paths. A blank line is answered by null in JSON, by a blank line in TSV."
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class PredictCommand implements Callable<Integer> {
    private static final int CHUNK = 256;
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    /** How a line of output looks. */
    enum Format {
        /** An object: the input's members, then the prediction's. */
        JSON,
        /** The input, the label (or what stands for it) and its probability. */
        TSV
    }

    @Option(names = "--model", required = true, description = "The directory of a saved model.")
    private Path model = Path.of("");

    @Parameters(
            arity = "0..*",
            paramLabel = "INPUT",
            description = "What to ask; a picture's path, or a folder of them.")
    private List<String> arguments = List.of();

    @Option(
            names = "--file",
            description =
                    "What to ask, labelled or not: .tsv, .csv or .jsonl (also .gz), CoNLL for words, SQuAD JSON for"
                            + " questions, a table of paths for pictures; of a .txt file, and of - (standard input), each line.")
    private @Nullable Path file;

    @Option(names = "--passage", description = "Where the answers to questions are found that come without a passage.")
    private String passage = "";

    @Option(names = "--format", description = "${COMPLETION-CANDIDATES}.")
    private Format format = Format.JSON;

    @Option(names = "--top", description = "Only so many probabilities, the highest first; 0 for all.")
    private int top;

    @Mixin
    private Reading reading = new Reading();

    @Override
    public Integer call() throws IOException {
        if (top < 0) {
            throw new WrongUsage("--top " + top + ": there are 0, for all, and numbers of probabilities.");
        }
        if (file != null && !arguments.isEmpty()) {
            throw new WrongUsage("There are inputs among the arguments (" + arguments.get(0) + " ...) and --file "
                    + file + ": give one or the other.");
        }
        Output.checkThere(model);
        try (FineTuned<Object> loaded = FineTuned.load(model)) {
            final Class<?> type = loaded.assembly().encoder().inputType();
            try (Stream<? extends Optional<?>> inputs = inputs(type)) {
                // Not to be closed: it is System.out in UTF-8, whatever the locale.
                print(loaded, inputs.iterator(), new PrintStream(System.out, false, StandardCharsets.UTF_8));
            }
        }
        return 0;
    }

    /** What to ask; empty for lines that are blank, which are answered in their place, too. */
    private Stream<? extends Optional<?>> inputs(Class<?> type) throws IOException {
        if (!arguments.isEmpty()) {
            return arguments.stream()
                    .flatMap(argument -> argument(argument, type))
                    .map(Optional::of);
        }
        if (file == null || file.toString().equals("-")) {
            return lines(System.in, type);
        }
        if (file.toString().toLowerCase(Locale.ROOT).endsWith(".txt")) {
            return lines(open(file), type);
        }
        final Stream<?> rows = type == Image.class
                ? pictures(file)
                : reading.unlabelled(type, file).stream().map(Example::input);
        return rows.map(Optional::of);
    }

    private static InputStream open(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new FinetuneException("--file " + file + ": there is no such file.");
        }
        return Files.newInputStream(file);
    }

    private Stream<?> argument(String argument, Class<?> type) {
        return type == Image.class && Files.isDirectory(Path.of(argument))
                ? pictures(Path.of(argument))
                : Stream.of(Inputs.parse(argument, type, passage));
    }

    private Stream<Image> pictures(Path path) {
        if (!Files.isDirectory(path)) {
            return reading.pictures(path).unlabelled().stream().map(Example::input);
        }
        final List<Path> found = ImageFolder.pictures(path);
        if (found.isEmpty()) {
            throw new FinetuneException("The folder " + path + " has no pictures in it.");
        }
        return found.stream().map(Image::of);
    }

    /** The lines of a stream, one input each. */
    private Stream<? extends Optional<?>> lines(InputStream in, Class<?> type) {
        final BufferedReader reader =
                new BufferedReader(new InputStreamReader(in, reading.charset().newDecoder()));
        return Stream.iterate(line(reader, true), Optional::isPresent, before -> line(reader, false))
                .map(Optional::orElseThrow)
                .map(line -> line.isBlank() ? Optional.empty() : Optional.of(Inputs.parse(line, type, passage)));
    }

    private Optional<String> line(BufferedReader reader, boolean first) {
        try {
            final Optional<String> line = Optional.ofNullable(reader.readLine());
            return first ? line.map(text -> text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text) : line;
        } catch (CharacterCodingException e) {
            throw new FinetuneException(
                    (file == null ? "Standard input" : "--file " + file) + " is not in the encoding "
                            + reading.charset() + "; name the one that it has with --charset.",
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void print(FineTuned<Object> model, Iterator<? extends Optional<?>> inputs, PrintStream out) {
        while (inputs.hasNext()) {
            final List<Optional<?>> chunk = new ArrayList<>();
            while (chunk.size() < CHUNK && inputs.hasNext()) {
                chunk.add(inputs.next());
            }
            final List<Object> asked = new ArrayList<>();
            chunk.forEach(input -> input.ifPresent(asked::add));
            final Iterator<Prediction> predictions = model.predict(asked).iterator();
            for (Optional<?> input : chunk) {
                out.print(input.isPresent() ? line(input.get(), predictions.next()) : unanswered());
                out.print("\n");
            }
            out.flush();
        }
    }

    private String unanswered() {
        return format == Format.TSV ? "" : "null";
    }

    private String line(Object input, Prediction prediction) {
        if (format == Format.TSV) {
            return Inputs.tsv(input) + "\t" + PredictionText.tsv(prediction);
        }
        final JsonObject json = Inputs.json(input);
        PredictionText.json(prediction, top).asMap().forEach(json::add);
        return new GsonBuilder().disableHtmlEscaping().create().toJson(json);
    }
}
