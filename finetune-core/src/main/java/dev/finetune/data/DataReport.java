package dev.finetune.data;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Optional;

/**
 * What a thorough check of data found. Prints as a page for a terminal: of each kind the first rows.
 *
 * @param parts what was looked at: train, then validation if there is one
 * @param issues what was found, what weighs most first; kinds of which nothing was found aren't there
 * @param leftOut checks that weren't made, each with the reason
 */
public record DataReport(List<Part> parts, List<Issue> issues, List<String> leftOut) {
    /** Keeps its own copies. */
    public DataReport {
        parts = List.copyOf(parts);
        issues = List.copyOf(issues);
        leftOut = List.copyOf(leftOut);
    }

    /**
     * A part of the data.
     *
     * @param name "train" or "validation"
     * @param description where it is from
     * @param rows how many examples it has
     * @param tokens how many tokens they have, if that was counted
     */
    public record Part(String name, String description, long rows, Optional<TokenTotals> tokens) {
        /**
         * {@return a part whose tokens weren't counted}
         *
         * @param name "train" or "validation"
         * @param description where it is from
         * @param rows how many examples it has
         */
        public static Part of(String name, String description, long rows) {
            return new Part(name, description, rows, Optional.empty());
        }
    }

    /**
     * A row.
     *
     * @param part "train" or "validation"
     * @param row its number in this part, counted from 1 as the part gives them: what a reader leaves out (header, blank
     *     lines, skipped rows) isn't counted
     */
    public record Place(String part, int row) {
        /** Such as "train 17". */
        @Override
        public String toString() {
            return part + " " + row;
        }
    }

    /**
     * Something that was found in one row, or in several that belong together.
     *
     * @param rows where; of an input that occurs often the first hundred
     * @param quote the start of the input, in quotation marks; control characters in it are shown as U+FFFD
     * @param why what is the matter with it; empty where the kind says it all
     */
    public record Case(List<Place> rows, String quote, String why) {
        /** Keeps its own copy. */
        public Case {
            rows = List.copyOf(rows);
        }
    }

    /**
     * Everything that was found of one kind.
     *
     * @param severity how bad it is
     * @param code the kind
     * @param what what it is, in words
     * @param advice what to do about it
     * @param count how many cases there are; 0 of what concerns the data as a whole
     * @param cases these, each once, the first ten thousand; likely label errors the most likely first, all others by row
     */
    public record Issue(
            Finding.Severity severity, Finding.Code code, String what, String advice, long count, List<Case> cases) {
        /** Keeps its own copy. */
        public Issue {
            cases = List.copyOf(cases);
        }
    }

    /**
     * {@return everything as JSON} The keys are the names of the components; kinds are written as {@link Finding.Code#id},
     * rows as {@code {"part": "train", "row": 17}}.
     */
    public JsonObject toJson() {
        return DataReportText.json(this);
    }

    /** A page for a terminal. */
    @Override
    public String toString() {
        return DataReportText.page(this);
    }
}
