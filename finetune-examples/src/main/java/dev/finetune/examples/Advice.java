package dev.finetune.examples;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Says the library's messages, which name methods, as the person at a command knows them: {@code label("category")} is {@code
 * --label-column category}. A method is the option of its own name ({@code noHeader()} is {@code --no-header}) or one of those
 * in the table here, if the command has it; else it stays as it is. So is a method of a group, {@code loss(l ->
 * l.labelSmoothing(0.1))}. What stands in quotation marks is left alone.
 */
final class Advice {
    /** Methods, some with their groups, whose options have another name; of several the first that a command has. */
    static final Map<String, List<String>> OTHERWISE_CALLED = Map.ofEntries(
            Map.entry("from", List.of("--model")),
            Map.entry("load", List.of("--model")),
            Map.entry("batchSize", List.of("--batch")),
            Map.entry("evaluation.batchSize", List.of("--eval-batch")),
            Map.entry("maxGradientNorm", List.of("--max-grad-norm")),
            Map.entry("evaluation.everySteps", List.of("--eval-every")),
            Map.entry("balancedClassWeights", List.of("--balanced")),
            Map.entry("warmupSteps", List.of("--warmup")),
            Map.entry("warmupRatio", List.of("--warmup")),
            Map.entry("text", List.of("--text-column")),
            Map.entry("pair", List.of("--pair-column")),
            Map.entry("path", List.of("--path-column", "--text-column")),
            Map.entry("label", List.of("--label-column")),
            Map.entry("fit", List.of("--eval")),
            Map.entry("save", List.of("--out")),
            Map.entry("saveAdapter", List.of("--adapter-out")),
            Map.entry("exportOnnx", List.of("--out")),
            Map.entry("inputs", List.of("--preprocess")),
            Map.entry("checkpoints", List.of("--checkpoint-every")),
            Map.entry("resumeFrom", List.of("--resume")),
            Map.entry("embeddedBy", List.of("--model")));

    /** Calls that are an option that says no. */
    private static final Map<String, String> DENIALS =
            Map.of("checkpoints(Checkpoints.in(directory).replace())", "--no-resume");

    /** Arguments that are options of their own, whatever method they are given to. */
    static final Map<String, String> ARGUMENTS =
            Map.of("Overwrite.ANY", "--overwrite", "Freeze.allButBiases()", "--bitfit");

    /** Methods that make what an option makes. */
    static final Map<String, String> MAKERS = Map.of(
            "LiveReport.on", "--watch",
            "TensorBoard.in", "--tensorboard",
            "HistoryFile.csv", "--history",
            "HistoryFile.jsonLines", "--history",
            "MlFlow.at", "--mlflow");

    /**
     * What a command says in place of advice for which it has no option: what was said, the option with which it can be followed
     * all the same, and the other words.
     */
    private static final List<Phrase> PHRASES = List.of(
            new Phrase(
                    ", or, if that one is to be replaced, say so: save(directory, Overwrite.ANY).",
                    "--overwrite",
                    ", or delete that one first."),
            new Phrase(
                    "train on all of them with fitAll(dataset), or bring a part of your own: fit(train, validation)",
                    "",
                    "or bring a part of your own with --eval"),
            new Phrase(" with filter(...)", "", ""),
            new Phrase("Split some off: train.split(0.1, seed).", "", "Split some rows off, into a file of their own."),
            new Phrase("; embeddedBy(...) gives their vectors", "", ""),
            new Phrase(
                    "Normalize all of them: java.text.Normalizer.normalize(text, Form.NFC).",
                    "",
                    "Normalize all of them, to NFC say."),
            new Phrase("end with unlabelled()", "", "say --task masked-lm"),
            new Phrase("; findLearningRate(...) suggests a rate.", "", "."),
            new Phrase("tuneThresholds(validation) decides by better thresholds, and with ", "", "with "),
            new Phrase("fit(train, validation), or fit(dataset), which holds a part back", "", "Give some with --eval"),
            new Phrase(", or crossValidate(dataset, 5): smaller", "", ": smaller"),
            new Phrase(", batching(b -> b.balancedSampling(true)), or more", "", ", or more"),
            new Phrase(" or batching(b -> b.balancedSampling(true)) help the", "", " helps the"),
            new Phrase("calibrate(validation) makes", "", "In Java calibrate(validation) of the model makes"),
            new Phrase("A larger maxLength(...), where", "", "A larger maxLength, where"));

    private record Phrase(String said, String option, String instead) {}

    /** Calls that other commands make. */
    private static final Map<String, String> OF_OTHER_COMMANDS = Map.of(
            "head(\"a\", \"b\", ...)", "the commands text and images do, for the labels of their --train and --eval");

    private static final Pattern CALL =
            Pattern.compile("(?<![\\w.])([A-Z]\\w*\\.)?([a-z]\\w*)\\(((?:[^()]|\\([^()]*\\))*)\\)");

    /** A call in a group: "execution(e -> e.cudaGraphs(false))". */
    private static final Pattern GROUPED =
            Pattern.compile("\\b([a-z]\\w*)\\(\\w -> \\w\\.([a-z]\\w*)\\(((?:[^()]|\\([^()]*\\))*)\\)\\)");

    /** A setting that is named without a call: "batchSize must be above 0". */
    private static final Pattern NAME = Pattern.compile("^[a-z]\\w*(?= must )|(?<![\\w.(-])[a-z]+[A-Z]\\w*(?![\\w(.])");

    /** What a call that makes an argument is given: "layer9" in Layers.upTo("layer9"). */
    private static final Pattern OF_CALL = Pattern.compile("^[A-Z]\\w*\\.\\w+\\((.*)\\)$");

    private static final Pattern VALUE = Pattern.compile("\"[^\"]*\"|'.*'|(?:[A-Z]\\w*\\.)?[\\w.+-]+|");

    private static final Pattern IN_PARTS = Pattern.compile("batchSize\\(BatchSize\\.auto\\((\\d+)\\)\\)");

    private Advice() {}

    /** A message with a command's options in place of methods. */
    static String of(String message, CommandSpec command) {
        String inWords = message;
        for (Phrase phrase : PHRASES) {
            inWords = phrase.option().isEmpty() || command.findOption(phrase.option()) == null
                    ? inWords.replace(phrase.said(), phrase.instead())
                    : inWords;
        }
        final String ungrouped = GROUPED.matcher(inWords)
                .replaceAll(
                        call -> Matcher.quoteReplacement(grouped(call.group(1), call.group(2), call.group(3), command)
                                .orElse(call.group())));
        return ofCalls(
                command.findOption("--batch") == null
                        ? ungrouped
                        : IN_PARTS.matcher(ungrouped).replaceAll("--batch auto:$1"),
                command);
    }

    private static Optional<String> grouped(String group, String method, String arguments, CommandSpec command) {
        final String whole = group + "." + method;
        return written(OTHERWISE_CALLED.containsKey(whole) ? whole : method, arguments, command);
    }

    private static String ofCalls(String message, CommandSpec command) {
        final Matcher calls = CALL.matcher(message);
        final StringBuilder said = new StringBuilder();
        while (calls.find()) {
            final String call = calls.group();
            final String option = quoted(message, calls.start())
                    ? call
                    : denied(call, command)
                            .or(() -> made(calls.group(1) + calls.group(2), calls.group(3), command))
                            .or(() -> written(calls.group(2), calls.group(3), command))
                            .orElseGet(() -> OF_OTHER_COMMANDS.getOrDefault(call, call));
            calls.appendReplacement(said, Matcher.quoteReplacement(option));
        }
        return names(calls.appendTail(said).toString(), command);
    }

    private static String names(String message, CommandSpec command) {
        return NAME.matcher(message)
                .replaceAll(name -> Matcher.quoteReplacement(
                        quoted(message, name.start())
                                ? name.group()
                                : option(name.group(), command)
                                        .map(OptionSpec::longestName)
                                        .orElse(name.group())));
    }

    private static Optional<String> denied(String call, CommandSpec command) {
        return Optional.ofNullable(DENIALS.get(call))
                .filter(option -> command.findOption(option.replaceFirst("--no-", "--")) != null);
    }

    private static boolean quoted(String message, int at) {
        return message.substring(0, at).chars().filter(each -> each == '"').count() % 2 == 1;
    }

    private static Optional<String> made(String maker, String arguments, CommandSpec command) {
        return Optional.ofNullable(MAKERS.get(maker))
                .flatMap(name -> Optional.ofNullable(command.findOption(name)))
                .map(option -> written(option, arguments));
    }

    private static Optional<String> written(String method, String arguments, CommandSpec command) {
        return ARGUMENTS.entrySet().stream()
                .filter(entry -> arguments.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .filter(option -> command.findOption(option) != null)
                .findFirst()
                .or(() -> option(method, command).map(found -> written(found, arguments)));
    }

    private static Optional<OptionSpec> option(String method, CommandSpec command) {
        final String same = "--" + method.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        return Stream.concat(Stream.of(same), OTHERWISE_CALLED.getOrDefault(method, List.of()).stream())
                .flatMap(name -> Optional.ofNullable(command.findOption(name)).stream())
                .findFirst();
    }

    /** The option, with its value if that is one that can be typed. */
    private static String written(OptionSpec option, String arguments) {
        final String value = OF_CALL.matcher(arguments.strip()).replaceFirst("$1");
        final String name = option.longestName();
        if (option.negatable() && value.equals("false")) {
            return name.replaceFirst("--", "--no-");
        }
        if (option.arity().max() == 0
                || value.equals("...")
                || !VALUE.matcher(value).matches()) {
            return name;
        }
        final String typed = value.startsWith("\"") || value.startsWith("'")
                ? unquoted(value)
                : value.replaceFirst("^[A-Z]\\w*\\.", "");
        return typed.isEmpty() ? name : name + " " + typed;
    }

    /** Words need no quotes; what a shell would take for something else keeps them. */
    private static String unquoted(String value) {
        final String inner = value.substring(1, value.length() - 1);
        return inner.matches("[\\w.+-]+") ? inner : value;
    }
}
