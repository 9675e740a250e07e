package dev.finetune.bert.text.definition;

/**
 * An upper bound of how often a backtracking engine goes back while it matches at one place of a text: {@code ways *
 * length^degree}. A repetition without an end counts for one degree if something that can fail comes after it (there it would
 * be shortened step by step); one whose body can itself be matched in several ways takes exponential time there.
 *
 * <p>Reads the syntax of Oniguruma that tokenizers use; back-references, conditions, absent operators and the like are not
 * among it and have no bound.
 *
 * @param ways the number of combinations of all choices that have an end
 * @param degree how many repetitions without an end multiply with each other
 * @param width whether each match has at least one character
 */
record RegexCost(long ways, int degree, boolean width) {
    private static final long MOST = 1L << 40;
    private static final int EXPONENTIAL = 1000;
    private static final int DEEPEST = 50;
    private static final int LARGE = 1000;
    private static final int MOST_REPEATS = 100_000;
    private static final long LARGEST = 10_000;

    /** Why a regular expression has no bound that is known here. */
    static final class Unbounded extends Exception {
        private static final long serialVersionUID = 1L;

        Unbounded(String why) {
            super(why);
        }
    }

    /** The bound of a regular expression. */
    static RegexCost of(String regex) throws Unbounded {
        Parser parser = new Parser(regex);
        Part part = parser.alternatives(0);
        if (!parser.atEnd()) {
            throw new Unbounded("a bracket is closed that wasn't opened");
        }
        return new RegexCost(part.ways, part.inner, part.width);
    }

    /**
     * A part of the expression.
     *
     * @param ways choices that have an end, multiplied
     * @param loops repetitions without an end that are shortened if what follows fails
     * @param inner the degree of the part for itself
     * @param fixed whether there is only one way to match at a place
     * @param canFail whether there are places where it doesn't match
     * @param width whether it takes at least one character
     * @param size how large it is when repetitions are written out
     */
    private record Part(long ways, int loops, int inner, boolean fixed, boolean canFail, boolean width, long size) {
        static final Part EMPTY = new Part(1, 0, 0, true, false, false, 0);
        static final Part CHARACTER = new Part(1, 0, 0, true, true, true, 1);
        static final Part ASSERTION = new Part(1, 0, 0, true, true, false, 1);

        Part then(Part next) {
            int meets = next.canFail ? loops + next.inner : next.inner;
            return new Part(
                    times(ways, next.ways),
                    loops + next.loops,
                    Math.max(inner, meets),
                    fixed && next.fixed,
                    canFail || next.canFail,
                    width || next.width,
                    size + next.size);
        }

        Part or(Part other) {
            return new Part(
                    Math.min(MOST, ways + other.ways),
                    Math.max(loops, other.loops),
                    Math.max(inner, other.inner),
                    false,
                    canFail && other.canFail,
                    width && other.width,
                    size + other.size);
        }

        /** Once matched, it is never tried in another way. */
        Part atomic() {
            return new Part(ways, 0, inner, fixed, canFail, width, size);
        }

        Part ahead() {
            return new Part(ways, 0, inner, true, true, false, size);
        }

        Part repeated(int least, int most) throws Unbounded {
            if (most <= LARGE) {
                return times(least, most);
            }
            if (!width) {
                throw new Unbounded("something without a width is repeated");
            }
            int open = fixed ? 1 : EXPONENTIAL;
            return new Part(1, open, inner, false, least > 0 && canFail, least > 0, size + 1);
        }

        private Part times(int least, int most) throws Unbounded {
            long all = ways;
            long combinations = least == 0 ? 1 : 0;
            for (int i = 1; i <= most; i++) {
                combinations = i >= least ? Math.min(MOST, combinations + all) : combinations;
                all = times(all, ways);
            }
            long written = times(size, most);
            if (written > LARGEST) {
                throw new Unbounded("its repetitions, written out, are longer than " + LARGEST + " characters");
            }
            return new Part(
                    Math.max(1, combinations),
                    (int) Math.min(EXPONENTIAL, (long) loops * most),
                    most > 1 && canFail ? Math.max(inner, Math.min(EXPONENTIAL, loops * (most - 1))) : inner,
                    fixed && least == most,
                    least > 0 && canFail,
                    least > 0 && width,
                    written);
        }

        private static long times(long a, long b) {
            return a > MOST / Math.max(1, b) ? MOST : a * b;
        }
    }

    private static final class Parser {
        private final String regex;
        private int at;

        Parser(String regex) {
            this.regex = regex;
        }

        boolean atEnd() {
            return at == regex.length();
        }

        Part alternatives(int depth) throws Unbounded {
            if (depth > DEEPEST) {
                throw new Unbounded("its brackets are nested deeper than " + DEEPEST);
            }
            Part all = sequence(depth);
            while (next("|")) {
                all = all.or(sequence(depth));
            }
            return all;
        }

        private Part sequence(int depth) throws Unbounded {
            Part all = Part.EMPTY;
            while (!atEnd() && regex.charAt(at) != '|' && regex.charAt(at) != ')') {
                all = all.then(quantified(element(depth)));
            }
            return all;
        }

        private Part quantified(Part element) throws Unbounded {
            Part part = element;
            while (!atEnd()) {
                int[] range = range();
                if (range.length == 0) {
                    return part;
                }
                boolean counted = regex.charAt(at - 1) == '}';
                Part repeated = part.repeated(range[0], range[1]);
                if (next("?")) {
                    part = repeated;
                } else if (!counted && next("+")) {
                    part = repeated.atomic();
                } else {
                    part = repeated;
                }
            }
            return part;
        }

        /** How often what stands before is repeated, least and most; empty where there is no such sign. */
        private int[] range() throws Unbounded {
            if (next("*")) {
                return new int[] {0, Integer.MAX_VALUE};
            }
            if (next("+")) {
                return new int[] {1, Integer.MAX_VALUE};
            }
            if (next("?")) {
                return new int[] {0, 1};
            }
            int end = regex.indexOf('}', at);
            if (regex.charAt(at) != '{'
                    || end < 0
                    || !regex.substring(at, end + 1).matches("\\{\\d*(,\\d*)?\\}")) {
                return new int[0];
            }
            String inside = regex.substring(at + 1, end);
            at = end + 1;
            int comma = inside.indexOf(',');
            int least = count(comma < 0 ? inside : inside.substring(0, comma), 0);
            int most = comma < 0 ? least : count(inside.substring(comma + 1), Integer.MAX_VALUE);
            if (most < least) {
                throw new Unbounded("a repetition ends before it starts");
            }
            return new int[] {least, most};
        }

        private static int count(String digits, int usual) throws Unbounded {
            if (digits.isEmpty()) {
                return usual;
            }
            if (digits.length() > 6 || Integer.parseInt(digits) > MOST_REPEATS) {
                throw new Unbounded("something is repeated more than " + MOST_REPEATS + " times");
            }
            return Integer.parseInt(digits);
        }

        private Part element(int depth) throws Unbounded {
            char c = regex.charAt(at++);
            return switch (c) {
                case '(' -> group(depth);
                case '[' -> characterClass();
                case '\\' -> escape();
                case '^', '$' -> Part.ASSERTION;
                case '*', '+', '?' -> throw new Unbounded("nothing stands before the " + c + " at " + at);
                default -> {
                    if (Character.isHighSurrogate(c) && !atEnd() && Character.isLowSurrogate(regex.charAt(at))) {
                        at++;
                    }
                    yield Part.CHARACTER;
                }
            };
        }

        private Part group(int depth) throws Unbounded {
            if (!next("?")) {
                if (!atEnd() && regex.charAt(at) == '*') {
                    throw new Unbounded("it calls something (*...)");
                }
                return closed(depth);
            }
            if (next("=") || next("!") || next("<=") || next("<!")) {
                return closed(depth).ahead();
            }
            if (next(">")) {
                return closed(depth).atomic();
            }
            if (next("<")) {
                int end = regex.indexOf('>', at);
                if (end < 0 || !regex.substring(at, end).matches("\\w+")) {
                    throw new Unbounded("a group's name is not closed");
                }
                at = end + 1;
                return closed(depth);
            }
            return options(depth);
        }

        private Part options(int depth) throws Unbounded {
            while (!atEnd() && "im-".indexOf(regex.charAt(at)) >= 0) {
                at++;
            }
            if (next(":")) {
                return closed(depth);
            }
            if (next(")")) {
                return Part.EMPTY;
            }
            throw new Unbounded("the group at " + at + " is of a kind that tokenizers don't use");
        }

        private Part closed(int depth) throws Unbounded {
            Part part = alternatives(depth + 1);
            if (!next(")")) {
                throw new Unbounded("a bracket isn't closed");
            }
            return part;
        }

        private Part characterClass() throws Unbounded {
            int open = 1;
            next("^");
            next("]");
            while (open > 0) {
                if (atEnd() || open > DEEPEST) {
                    throw new Unbounded("a [ isn't closed");
                }
                char c = regex.charAt(at++);
                if (c == '\\') {
                    if (atEnd()) {
                        throw new Unbounded("it ends in \\");
                    }
                    at++;
                } else if (c == '[') {
                    open++;
                    next("^");
                } else if (c == ']') {
                    open--;
                }
            }
            return Part.CHARACTER;
        }

        private Part escape() throws Unbounded {
            if (atEnd()) {
                throw new Unbounded("it ends in \\");
            }
            char c = regex.charAt(at++);
            switch (c) {
                case 'b', 'B', 'A', 'z', 'Z', 'G' -> {
                    return Part.ASSERTION;
                }
                case 'p', 'P', 'x', 'u' -> {
                    skipArgument(c);
                    return Part.CHARACTER;
                }
                case 'k',
                        'g',
                        'K',
                        'X',
                        'R',
                        'y',
                        'Y',
                        'N',
                        'O',
                        'C',
                        'M',
                        'c',
                        '1',
                        '2',
                        '3',
                        '4',
                        '5',
                        '6',
                        '7',
                        '8',
                        '9' -> throw new Unbounded("\\" + c + " is of a kind that tokenizers don't use");
                default -> {
                    return Part.CHARACTER;
                }
            }
        }

        private void skipArgument(char escape) throws Unbounded {
            if (next("{")) {
                int end = regex.indexOf('}', at);
                if (end < 0) {
                    throw new Unbounded("a { isn't closed");
                }
                at = end + 1;
            } else {
                int digits = escape == 'x' ? 2 : escape == 'u' ? 4 : 0;
                for (int i = 0; i < digits && !atEnd() && Character.digit(regex.charAt(at), 16) >= 0; i++) {
                    at++;
                }
            }
        }

        private boolean next(String text) {
            boolean found = regex.startsWith(text, at);
            at += found ? text.length() : 0;
            return found;
        }
    }
}
