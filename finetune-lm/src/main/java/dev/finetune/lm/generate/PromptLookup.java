package dev.finetune.lm.generate;

/**
 * Guesses what comes next in a text: what came after the same tokens when they were last there, in the prompt too ("prompt lookup
 * decoding", Saxena 2023; Yang et al., "Inference with Reference", 2023). Learns from guesses that were wrong to make fewer. Not
 * thread-safe.
 */
final class PromptLookup {
    /** Of one token alone next to nothing follows; more than four say hardly more than four do. */
    private static final int SHORTEST = 2;

    private static final int LONGEST = 4;

    /** Each takes some memory for its logits. */
    private static final int MOST = 64;

    /** What 0.8 right tokens a guess come to: reading a short guess takes up to so much longer than reading one token. */
    private static final double WORTH = 0.8 / 1.8;

    /** How much the last token counts beside those before it. */
    private static final double NEWEST = 0.15;

    /** So much more is hoped for at each guess that isn't made: after some twenty of them it is tried again. */
    private static final double HOPE = 0.003;

    private final int most;
    private final int[] source;

    /** How often a token of a guess is right, where those before it are, by how many tokens were the same before the guess. */
    private final double[] right = new double[LONGEST + 1];

    private int same;

    /**
     * For one text.
     *
     * @param most tokens of a guess, 64 at most; 0 for none
     * @param source tokens that stand before all of the text's, such as what it summarises; there may be none
     */
    PromptLookup(int most, int[] source) {
        this.most = Math.min(most, MOST);
        this.source = source.clone();
        for (int tokens = SHORTEST; tokens <= LONGEST; tokens++) {
            right[tokens] = tokens / (2.0 + tokens);
        }
    }

    /**
     * What may come next.
     *
     * @param text that goes on
     * @param room the most tokens
     */
    Guess after(Draft text, int room) {
        final int length = Math.min(most, room);
        final int from = length > 0 ? whereLast(text) : 0;
        if (from == 0) {
            return Guess.NONE;
        }
        if (right[same] < WORTH) {
            right[same] += HOPE;
            return Guess.NONE;
        }
        final int[] guess = new int[length];
        final int known = source.length + text.length();
        for (int i = 0; i < guess.length; i++) {
            final int place = from + i;
            guess[i] = place < known ? get(text, place) : guess[place - known];
        }
        return new Guess(guess, right[same]);
    }

    private int get(Draft text, int place) {
        return place < source.length ? source[place] : text.get(place - source.length);
    }

    /** Where what came after the text's last tokens begins, the longest run of them, and of equally long ones the last; 0 if nowhere. */
    private int whereLast(Draft text) {
        final int end = source.length + text.length() - 1;
        int where = 0;
        same = SHORTEST - 1;
        for (int last = end - 1; last >= same && same < LONGEST; last--) {
            int run = 0;
            while (run < LONGEST && run <= last && get(text, last - run) == get(text, end - run)) {
                run++;
            }
            if (run > same) {
                same = run;
                where = last + 1;
            }
        }
        return where;
    }

    /**
     * Looks at what came.
     *
     * @param guess that was made last, or its first tokens
     * @param came the tokens that came instead, at least one; where all of them are the guess's, nothing is known of its others
     */
    void learn(Guess guess, int[] came) {
        boolean isRight = true;
        for (int i = 0; isRight && i < Math.min(guess.length(), came.length); i++) {
            isRight = guess.ids()[i] == came[i];
            right[same] += NEWEST * ((isRight ? 1 : 0) - right[same]);
        }
    }
}
