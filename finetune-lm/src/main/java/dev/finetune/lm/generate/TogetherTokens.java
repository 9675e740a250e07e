package dev.finetune.lm.generate;

import dev.finetune.error.FinetuneException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the next tokens of several threads' texts in one pass, as they come (continuous batching; Yu et al. 2022, "Orca"): the
 * weights are read once for all. A text joins the others once its prompt is read, and leaves when it ends. Whoever asks last
 * has them computed for all; who keeps the others waiting goes on alone from then on. Thread-safe.
 */
public final class TogetherTokens {
    /** How long the others wait for one, for each token that it has in hand. */
    private static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(20);

    /** So many tokens are handed on in the time of a pass by whoever guesses beside others: a guess keeps them waiting half as long. */
    private static final int HANDED_ON = 20;

    private final int most;
    private final PassThread passes = new PassThread();

    /** Those that have asked for their next tokens. */
    private final List<Member> asking = new ArrayList<>();

    /** Those whose rows are in {@link #all}, in their order. */
    private final List<Member> joined = new ArrayList<>();

    private @Nullable NetworkTokens all;
    private boolean computing;

    /** How long the last pass took. */
    private volatile long pass;

    /** When somebody computed last. */
    private long idleFrom = System.nanoTime();

    private int beginning;

    /** How many callers' texts are under way. */
    private int open;

    /**
     * Nobody yet.
     *
     * @param most how many rows are read in one pass at most
     */
    public TogetherTokens(int most) {
        this.most = most;
    }

    /**
     * {@return one text among the others}
     *
     * @param own by which its prompt is read; nothing is read yet
     */
    public NextTokens member(NetworkTokens own) {
        return new Member(own);
    }

    /**
     * What a caller asks for: what comes next after a token and a guess of what comes after it, as it chooses or, without a choice, the
     * most probable token that isn't forbidden.
     */
    private record Request(int token, Guess guess, int[][] forbidden, NextTokens.@Nullable Choice choice) {}

    /** Chooses for a caller while a pass is under way, and keeps what goes wrong from the others. */
    private static final class Choosing implements NextTokens.Choice {
        private final Request asked;
        private final List<MostProbable> mostProbable = new ArrayList<>();
        private int chosen;
        private @Nullable Throwable failure;

        Choosing(Request asked) {
            this.asked = asked;
        }

        @Override
        public int of(float[] logits) {
            try {
                final int[][] forbidden = asked.forbidden();
                if (asked.choice() != null) {
                    chosen++;
                    return asked.choice().of(logits);
                }
                final MostProbable next =
                        MostProbable.of(new float[][] {logits}, new int[][] {forbidden[mostProbable.size()]});
                mostProbable.add(next);
                return next.ids()[0];
            } catch (RuntimeException | Error e) {
                failure = e;
                return END;
            }
        }

        Given given() {
            if (failure != null) {
                return Given.failed(failure);
            }
            return mostProbable.isEmpty() ? Given.chosen(chosen) : Given.of(MostProbable.joined(mostProbable));
        }
    }

    /**
     * What a pass gives of a row: its logits, or its most probable token and those after it that were guessed, or how many tokens were
     * chosen; or why it gave nothing.
     */
    private record Given(
            float[][] logits,
            @Nullable MostProbable mostProbable,
            int chosen,
            @Nullable Throwable failure) {
        static Given of(float[][] logits) {
            return new Given(logits, null, 0, null);
        }

        static Given of(MostProbable next) {
            return new Given(new float[0][], next, 0, null);
        }

        static Given chosen(int tokens) {
            return new Given(new float[0][], null, tokens, null);
        }

        static Given failed(Throwable failure) {
            return new Given(new float[0][], null, 0, failure);
        }

        /** How many tokens the caller has in hand by it. */
        int tokens() {
            return Math.max(1, mostProbable == null ? chosen : mostProbable.ids().length);
        }
    }

    /** One caller's row. */
    private final class Member implements NextTokens {
        /** Where its row is while it isn't among the others. */
        private @Nullable NetworkTokens own;

        private final boolean reads;
        private final boolean readsSeveral;
        private boolean isOpen;
        private boolean alone;
        private @Nullable Request request;
        private @Nullable Given given;

        /** Whether its caller takes long for each token that it has in hand: the others would wait for that, and it is no faster. */
        private boolean handsOnSlowly;

        private long givenAt;
        private int inHand;

        /** When it may have handed on all tokens but one that it was given last. */
        private long busyUntil = System.nanoTime();

        Member(NetworkTokens own) {
            this.own = own;
            this.reads = own.readsGuesses(1);
            this.readsSeveral = own.readsGuesses(2);
        }

        @Override
        public float[][] start(int[][] prompts) {
            final NetworkTokens unread = own;
            if (prompts.length != 1 || unread == null) {
                throw new IllegalStateException("One prompt, and once.");
            }
            count(true);
            begin(true);
            try {
                return passes.compute(isAlone(), () -> unread.start(prompts));
            } finally {
                end();
            }
        }

        @Override
        public boolean readsGuesses(int rows) {
            if (inHand > 0) {
                handsOnSlowly = (System.nanoTime() - givenAt) / inHand > pass / HANDED_ON;
            }
            return readsSeveral && !handsOnSlowly || reads && (alone || isAlone());
        }

        @Override
        public float[][] next(int[] tokens) {
            final float[][] next = new float[1][];
            next(tokens, new Guess[] {Guess.NONE}, new Choice[] {
                logits -> {
                    next[0] = logits;
                    return Choice.END;
                }
            });
            return next;
        }

        @Override
        public MostProbable nextMostProbable(int[] tokens, int[][] forbidden) {
            return nextMostProbable(tokens, new Guess[] {Guess.NONE}, new int[][][] {forbidden})
                    .get(0);
        }

        @Override
        public List<MostProbable> nextMostProbable(int[] tokens, Guess[] guesses, int[][][] forbidden) {
            final Given mine = next(new Request(tokens[0], guesses[0], forbidden[0], null));
            final MostProbable next = mine.mostProbable() == null
                    ? MostProbable.of(mine.logits(), new int[][] {forbidden[0][0]})
                    : mine.mostProbable();
            givenAt = System.nanoTime();
            return List.of(next);
        }

        @Override
        public void next(int[] tokens, Guess[] guesses, Choice[] choices) {
            final Given mine = next(new Request(tokens[0], guesses[0], new int[0][], choices[0]));
            if (mine.chosen() == 0) {
                choices[0].of(mine.logits()[0]); // Nothing of a guess was read.
            }
            givenAt = System.nanoTime();
        }

        private Given next(Request asked) {
            request = asked;
            while (asks(this)) {
                try {
                    passes.compute(isAlone(), () -> pass(this));
                } finally {
                    end();
                }
            }
            final Given mine = given;
            given = null;
            if (mine == null) {
                throw new IllegalStateException("A pass gave nothing.");
            }
            inHand = mine.tokens();
            if (mine.failure() instanceof Error error) {
                throw error;
            }
            if (mine.failure() instanceof RuntimeException failure) {
                throw failure;
            }
            return mine;
        }

        @Override
        public void select(int[] rows) {
            throw new IllegalStateException("There is one row.");
        }

        @Override
        public void close() {
            begin(false);
            try {
                passes.compute(isAlone(), this::leaveAndClose);
            } finally {
                end();
                count(false);
            }
        }

        private boolean leaveAndClose() {
            leave(List.of(this), false);
            if (own != null) {
                own.close();
                own = null;
            }
            return true;
        }

        private void count(boolean opens) {
            synchronized (TogetherTokens.this) {
                if (opens != isOpen) {
                    open += opens ? 1 : -1;
                    isOpen = opens;
                }
            }
        }
    }

    private synchronized boolean isAlone() {
        return open <= 1;
    }

    /** Waits until nobody computes, and computes then; a prompt goes before the others' next tokens. */
    private synchronized void begin(boolean prompt) {
        beginning += prompt ? 1 : 0;
        boolean interrupted = false;
        while (computing) {
            try {
                wait();
            } catch (InterruptedException e) {
                // What is under way ends soon, and what this caller holds has to be freed in any case.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        beginning -= prompt ? 1 : 0;
        computing = true;
    }

    private synchronized void end() {
        computing = false;
        idleFrom = System.nanoTime();
        notifyAll();
    }

    /** Waits for one's next tokens: false when they are there, true when it is one's turn to compute them. */
    private synchronized boolean asks(Member member) {
        if (member.given != null) {
            return false;
        }
        if (!asking.contains(member)) {
            asking.add(member);
            notifyAll();
        }
        final long from = System.nanoTime();
        while (member.given == null) {
            // While somebody computes, nobody can ask for more.
            final long now = System.nanoTime();
            final long waited = Math.min(now - from, now - idleFrom);
            if (!computing
                    && beginning == 0
                    && (member.alone || asking.containsAll(joined) || waited > PATIENCE && areLate(now))) {
                computing = true;
                return true;
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(PATIENCE - waited, PATIENCE / 4));
            } catch (InterruptedException e) {
                asking.remove(member);
                Thread.currentThread().interrupt();
                throw new FinetuneException("The thread is interrupted, so that its text isn't written on.", e);
            }
        }
        return false;
    }

    /** Whether those who haven't asked yet have had their time for what they were given. */
    private boolean areLate(long now) {
        return joined.stream().allMatch(each -> asking.contains(each) || now - each.busyUntil > 0);
    }

    /** Those who go on together now; who hasn't asked yet leaves them. */
    private List<Member> together() {
        final List<Member> now;
        synchronized (this) {
            now = List.copyOf(asking);
        }
        leave(joined.stream().filter(each -> !now.contains(each)).toList(), true);
        join(now.stream()
                .filter(each -> !each.alone && !joined.contains(each) && each.own != null)
                .limit(most - joined.size())
                .toList());
        return List.copyOf(joined);
    }

    /** Takes rows in, all at once, since each time all are moved. */
    private void join(List<Member> some) {
        final Deque<NetworkTokens> rows = new ArrayDeque<>();
        for (Member each : some) {
            rows.add(Objects.requireNonNull(each.own));
            each.own = null;
            joined.add(each);
        }
        try {
            if (all == null) {
                all = rows.poll();
            }
            if (all != null && !rows.isEmpty()) {
                all.join(List.copyOf(rows));
            }
        } catch (RuntimeException | Error e) {
            rows.forEach(NetworkTokens::close);
            throw e;
        }
    }

    /** Takes rows out, to go on alone or not at all. */
    private void leave(List<Member> some, boolean goOn) {
        if (all == null || some.stream().noneMatch(joined::contains)) {
            return;
        }
        if (goOn) {
            for (Member each : some) {
                each.own = all.copyOf(joined.indexOf(each));
                each.alone = true;
            }
        }
        final int[] rest = IntStream.range(0, joined.size())
                .filter(row -> !some.contains(joined.get(row)))
                .toArray();
        if (rest.length == 0) {
            all.close();
            all = null;
        } else {
            all.select(rest);
        }
        joined.removeAll(some);
    }

    /** Computes the next tokens of one that goes on alone, or of all others; says how many. */
    private int pass(Member member) {
        List<Member> some = List.of(member);
        Given[] given;
        try {
            some = member.alone ? some : together();
            final NetworkTokens tokens = member.alone ? member.own : all;
            if (tokens == null) {
                throw new IllegalStateException("Its tokens are closed.");
            }
            final long from = System.nanoTime();
            given = given(tokens, some);
            pass = System.nanoTime() - from;
        } catch (RuntimeException | Error e) {
            // What was read is of no use to anybody any more.
            if (!member.alone) {
                some = Stream.concat(joined.stream(), Stream.of(member))
                        .distinct()
                        .toList();
                forgetAll();
            }
            given = new Given[some.size()];
            Arrays.fill(given, Given.failed(e));
        }
        tell(some, given);
        return given.length;
    }

    private static Given[] given(NetworkTokens tokens, List<Member> some) {
        final List<Request> asked =
                some.stream().map(each -> Objects.requireNonNull(each.request)).toList();
        final int[] ids = asked.stream().mapToInt(Request::token).toArray();
        final Guess[] guesses = tokens.worth(asked.stream().map(Request::guess).toArray(Guess[]::new));
        if (asked.stream().allMatch(each -> each.choice() == null)) {
            final int[][][] forbidden = asked.stream().map(Request::forbidden).toArray(int[][][]::new);
            return tokens.nextMostProbable(ids, guesses, forbidden).stream()
                    .map(Given::of)
                    .toArray(Given[]::new);
        }
        if (Arrays.stream(guesses).allMatch(each -> each.length() == 0)) {
            return Arrays.stream(tokens.next(ids))
                    .map(row -> Given.of(new float[][] {row}))
                    .toArray(Given[]::new);
        }
        final Choosing[] choosing = asked.stream().map(Choosing::new).toArray(Choosing[]::new);
        tokens.next(ids, guesses, choosing);
        return Arrays.stream(choosing).map(Choosing::given).toArray(Given[]::new);
    }

    private void forgetAll() {
        if (all != null) {
            all.close();
            all = null;
        }
        joined.clear();
    }

    private synchronized void tell(List<Member> some, Given[] given) {
        for (int row = 0; row < given.length; row++) {
            some.get(row).given = given[row];
            some.get(row).busyUntil = System.nanoTime() + PATIENCE * (given[row].tokens() - 1);
        }
        asking.removeAll(some);
    }
}
