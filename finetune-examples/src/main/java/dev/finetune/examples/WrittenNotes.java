package dev.finetune.examples;

import dev.finetune.internal.Visible;
import dev.finetune.metrics.RougeMetrics;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Notes that a model wrote, and how many of them say what is right.
 *
 * @param mails of which they are
 * @param lines a note for each
 */
record WrittenNotes(List<Mail> mails, List<String> lines) {
    private static final int SHOWN = 3;

    /** The share of the mails whose field was noted as it is. */
    double right(int field) {
        return share(i -> Mail.Note.read(lines.get(i))
                .filter(note -> note.fields()
                        .get(field)
                        .equals(mails.get(i).note().fields().get(field)))
                .isPresent());
    }

    /** The share of the mails of which all was noted as it is. */
    double allRight() {
        return share(i -> lines.get(i).equals(mails.get(i).note().line()));
    }

    private double share(IntPredicate right) {
        return (double) IntStream.range(0, lines.size()).filter(right).count() / lines.size();
    }

    /** ROUGE-L against the right notes. */
    double rouge() {
        final RougeMetrics rouge = new RougeMetrics();
        for (int i = 0; i < lines.size(); i++) {
            rouge.add(lines.get(i), List.of(mails.get(i).note().line()));
        }
        return rouge.result().get("rougeL");
    }

    /** As many words of each mail's beginning as its note has: what can be had without a model. */
    private WrittenNotes firstWords() {
        return new WrittenNotes(
                mails,
                mails.stream()
                        .map(mail -> Arrays.stream(mail.text().split(" "))
                                .limit(mail.note().line().split(" ").length)
                                .collect(Collectors.joining(" ")))
                        .toList());
    }

    /** The first few. */
    String shown() {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(SHOWN, mails.size()); i++) {
            text.append("> ").append(mails.get(i).text()).append('\n');
            text.append("model: ").append(Visible.of(lines.get(i))).append('\n');
            text.append("right: ").append(mails.get(i).note().line()).append("\n\n");
        }
        return text.toString();
    }

    /** What is right, in percent, before and after, and with the mails' first words. */
    static String table(String what, WrittenNotes before, WrittenNotes after) {
        final StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "%-24s", before.mails().size() + " " + what));
        Mail.Note.FIELDS.forEach(field -> text.append(String.format(Locale.ROOT, "%7s", field)));
        text.append(String.format(Locale.ROOT, "%7s%9s%n", "all", "ROUGE-L"));
        before.line(text, "before");
        before.firstWords().line(text, "a mail's first words");
        after.line(text, "after");
        return text.toString();
    }

    private void line(StringBuilder text, String what) {
        text.append(String.format(Locale.ROOT, "%-24s", what));
        IntStream.range(0, Mail.Note.FIELDS.size()).forEach(field -> text.append(percent(right(field))));
        text.append(percent(allRight())).append(String.format(Locale.ROOT, "%9.2f%n", rouge()));
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%5.0f %%", 100 * share);
    }
}
