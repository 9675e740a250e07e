package dev.finetune.examples.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A row of the table of what people get: a set, a way to learn from it, and what the score is.
 *
 * @param name as it is shown and recorded
 * @param set the folder of its data
 * @param metric of the evaluation
 * @param shots examples a class to learn from; 0 for all rows
 * @param method of the command {@code study} that learns it; empty for a plain training
 * @param options of the command {@code text} and of the peer, beside the common ones
 */
record ResultsRow(String name, String set, String metric, int shots, String method, List<String> options) {
    private static final String RATE = "1e-4";
    /** Questions are answered in windows of so many tokens. */
    private static final int WINDOW = 384;

    /** All of them, the cheapest first. */
    static List<ResultsRow> all() {
        return List.of(
                shots(8),
                shots(32),
                row("cola", "cola", "mcc", RATE),
                row("sst2", "sst2", "accuracy", RATE),
                row("sst2 head only", "sst2", "accuracy", "2e-3", "--head-only"),
                row("sst2 3 of 6 layers frozen", "sst2", "accuracy", RATE, "--freeze", "3"),
                row("sst2 LoRA of rank 8", "sst2", "accuracy", "2e-3", "--lora", "8"),
                row("banking77", "banking77", "accuracy", "2e-4"),
                row("wnut17", "wnut17", "f1", "2e-4", "--task", "tokens"),
                row("xquad", "xquad", "f1", "2e-4", "--task", "question-answering"),
                shots(128),
                new ResultsRow("sst2 auto in 2 minutes", "sst2", "accuracy", 0, "auto", List.of()));
    }

    private static ResultsRow row(String name, String set, String metric, String rate, String... more) {
        return new ResultsRow(
                name,
                set,
                metric,
                0,
                "",
                Stream.concat(Stream.of("--lr", rate, "--batch", "32"), Stream.of(more))
                        .toList());
    }

    private static ResultsRow shots(int shots) {
        return new ResultsRow(
                "sst2 as SetFit " + shots + " a class",
                "sst2",
                "accuracy",
                shots,
                "setfit",
                List.of("--lr", "2e-5", "--batch", "16"));
    }

    /** Whether it is learned in another way than by a plain training. */
    boolean isStudy() {
        return !method.isEmpty();
    }

    private int maxLength(Common common) {
        return set.equals("xquad") ? WINDOW : common.maxLength;
    }

    /** A side's score, 0 to 1: SQuAD's are in percent here. */
    double share(double score, String side) {
        final boolean percent = options.contains("question-answering") && !side.equals(ResultsRecord.PEER);
        return percent ? score / 100 : score;
    }

    /** Whether Python has something like it. */
    boolean hasPeer() {
        return !method.equals("auto");
    }

    /** What our process is told. */
    List<String> ours(Path model, Path train, Path evaluation, Common common, long seed, boolean grouped) {
        final List<String> files = List.of(
                "--model",
                model.toString(),
                "--train",
                train.toString(),
                "--eval",
                evaluation.toString(),
                "--max-length",
                Integer.toString(maxLength(common)));
        final List<String> how = isStudy()
                ? List.of(
                        "--shots",
                        "all",
                        "--methods",
                        method,
                        "--budget",
                        method.equals("auto") ? "120" : "3600",
                        "--seeds",
                        Long.toString(seed))
                : List.of(
                        "--epochs",
                        Double.toString(common.epochs),
                        "--eval-every",
                        "1000000",
                        "--seed",
                        Long.toString(seed),
                        grouped ? "--group-by-length" : "--no-group-by-length");
        return Stream.of(files, options, how).flatMap(List::stream).toList();
    }

    /** What the peer is told. */
    List<String> peers(Path model, Path train, Path evaluation, Common common, long seed) {
        final List<String> all = Stream.concat(
                        Stream.of(
                                "--model",
                                model.toString(),
                                "--train",
                                train.toString(),
                                "--eval",
                                evaluation.toString(),
                                "--max-length",
                                Integer.toString(maxLength(common)),
                                "--epochs",
                                Double.toString(common.epochs),
                                "--seed",
                                Long.toString(seed)),
                        options.stream())
                .toList();
        return isStudy() ? Stream.concat(all.stream(), Stream.of("--few-shot")).toList() : all;
    }

    /** What all rows share. */
    record Common(double epochs, int maxLength) {}
}
