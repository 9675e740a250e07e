package dev.finetune.html.page;

import dev.finetune.html.chart.Chart;
import java.util.List;
import java.util.Optional;

/** A part of a section. */
public sealed interface Block {
    /**
     * A paragraph.
     *
     * @param text what it says
     */
    record Prose(String text) implements Block {}

    /**
     * A list of sentences.
     *
     * @param items in order
     */
    record Bullets(List<String> items) implements Block {}

    /**
     * A few numbers that matter.
     *
     * @param facts in order
     */
    record Facts(List<Fact> facts) implements Block {}

    /**
     * A number that matters.
     *
     * @param name what it is
     * @param value in as few digits as matter
     * @param note what to know of it; may be empty
     */
    record Fact(String name, String value, String note) {}

    /**
     * A table whose first column says what its rows are.
     *
     * @param caption what it shows
     * @param columns their names
     * @param rows a text a column
     * @param isFolded whether it is shown when it is asked for only
     */
    record Table(String caption, List<Column> columns, List<List<String>> rows, boolean isFolded) implements Block {}

    /**
     * A column of a table.
     *
     * @param name what it holds
     * @param isNumber whether it holds numbers, which stand below each other
     */
    record Column(String name, boolean isNumber) {
        /**
         * {@return a column of texts}
         *
         * @param name what it holds
         */
        public static Column text(String name) {
            return new Column(name, false);
        }

        /**
         * {@return a column of numbers}
         *
         * @param name what it holds
         */
        public static Column number(String name) {
            return new Column(name, true);
        }
    }

    /**
     * Charts beside each other, as far as there is room.
     *
     * @param figures in order
     */
    record Figures(List<Figure> figures) implements Block {}

    /**
     * A chart with its numbers.
     *
     * @param chart what is drawn
     * @param numbers behind it
     */
    record Figure(Chart chart, Table numbers) {}

    /**
     * Counts of true and predicted classes.
     *
     * @param caption what it shows
     * @param labels of rows and columns
     * @param counts a row a true class
     */
    record Matrix(String caption, List<String> labels, List<List<Cell>> counts) implements Block {}

    /**
     * A cell of a matrix.
     *
     * @param count what it says
     * @param look "right", "wrong" or "none"
     * @param share of its row in percent
     */
    record Cell(long count, String look, int share) {}

    /**
     * Rows that the model has got wrong, or other rows.
     *
     * @param rows in order
     */
    record Examples(List<Example> rows) implements Block {}

    /**
     * A row of the data, and what was said of it.
     *
     * @param number of the row in the validation data, counted from 1
     * @param text of the input
     * @param pair the second text
     * @param picture a JPEG in Base64
     * @param words of a sentence, each with its mark; empty where the text is shown
     * @param said what there is to compare: names and values
     */
    record Example(
            int number,
            String text,
            Optional<String> pair,
            Optional<String> picture,
            List<Word> words,
            List<Fact> said) {}

    /**
     * A word of a sentence.
     *
     * @param text the word
     * @param look "plain", "right" or "wrong"
     * @param note what is said of it; may be empty
     */
    record Word(String text, String look, String note) {}

    /**
     * Texts that a model wrote, beside each other.
     *
     * @param rows in order
     */
    record Writings(List<Writing> rows) implements Block {}

    /**
     * Texts for one row of the data.
     *
     * @param number of the row in the validation data, counted from 1
     * @param prompt what the texts go on from
     * @param texts each with what it is; the note isn't shown
     */
    record Writing(int number, String prompt, List<Fact> texts) {}

    /**
     * What may be done next.
     *
     * @param steps in the order in which they matter
     */
    record Steps(List<Step> steps) implements Block {}

    /**
     * Something that may be done next.
     *
     * @param rule the name of the rule
     * @param finding what was found
     * @param advice what may help
     */
    record Step(String rule, String finding, String advice) {}
}
