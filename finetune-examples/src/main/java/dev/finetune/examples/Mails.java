package dev.finetune.examples;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Mails of a shop's customers, with notes of them, put together at random of sentences that were written by hand for this project
 * (mails/phrases.json). A mail tells of one of 30 articles, one of 7 troubles and one of 5 wishes; names and order numbers are drawn.
 */
final class Mails {
    private static final List<String> PLACES = List.of("1234", "BCDFGHJK", "LMNPRSTVWXZ", "56789");
    /** A quarter of the names, of the order numbers, and of what goes together is kept for mails that are held back. */
    private static final int PARTS = 4;

    /** Which mails. */
    enum Part {
        /** To learn from. */
        LEARNED(false, false),
        /** The same sentences, but no name, order number, nor article with trouble and wish is one of those. */
        HELD_BACK(true, false),
        /** As these, and all sentences are others, too. */
        OTHER_WORDS(true, true);

        private final boolean heldBack;
        private final boolean otherWords;

        Part(boolean heldBack, boolean otherWords) {
            this.heldBack = heldBack;
            this.otherWords = otherWords;
        }
    }

    private record Ways(List<String> learned, List<String> others) {}

    private record Phrases(
            List<String> articles,
            SortedMap<String, Ways> troubles,
            SortedMap<String, Ways> wishes,
            Ways orders,
            Ways names,
            Ways asides,
            Ways greetings,
            Ways endings,
            List<String> firstNames,
            List<String> lastNames,
            List<String> days) {}

    private final Phrases phrases = read();
    private final Part part;
    private final SplittableRandom random;

    private Mails(Part part, long seed) {
        this.part = part;
        this.random = new SplittableRandom(seed);
    }

    /** So many mails; equal seeds give equal ones. */
    static List<Mail> of(Part part, int count, long seed) {
        final Mails mails = new Mails(part, seed);
        return Stream.generate(mails::next).limit(count).toList();
    }

    private static Phrases read() {
        try (InputStream in = Mails.class.getResourceAsStream("mails/phrases.json")) {
            if (in == null) {
                throw new IllegalStateException("the examples' jar lacks mails/phrases.json");
            }
            return new Gson().fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), Phrases.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Mail next() {
        final String who = who();
        final String order = order();
        final List<Map.Entry<String, Ways>> troubles =
                List.copyOf(phrases.troubles().entrySet());
        final List<Map.Entry<String, Ways>> wishes =
                List.copyOf(phrases.wishes().entrySet());
        final int[] about = drawn(phrases.articles().size(), troubles.size(), wishes.size());
        final String article = phrases.articles().get(about[0]);
        final Map.Entry<String, Ways> trouble = troubles.get(about[1]);
        final Map.Entry<String, Ways> wish = wishes.get(about[2]);
        final String said = one(trouble.getValue()).replace("%", article);
        final String text =
                text(said, one(wish.getValue())).replace("{order}", order).replace("{name}", who);
        return new Mail(dated(text), new Mail.Note(who, order, article + " " + trouble.getKey(), wish.getKey()));
    }

    /** Who writes says it at the beginning or signs; the order is told in one of three places. */
    private String text(String trouble, String wish) {
        final boolean signs = random.nextInt(5) < 3;
        final List<String> told = new ArrayList<>(List.of(trouble));
        if (random.nextBoolean()) {
            told.add(random.nextInt(2), one(phrases.asides()));
        }
        told.add(wish);
        told.add(List.of(0, told.size() - 1, told.size()).get(random.nextInt(3)), one(phrases.orders()));
        if (!signs) {
            told.add(0, one(phrases.names()));
        }
        if (random.nextInt(10) < 7) {
            told.add(0, one(phrases.greetings()));
        }
        if (signs || random.nextBoolean()) {
            told.add(one(phrases.endings()));
        }
        return String.join(" ", told) + (signs ? " {name}" : "");
    }

    private String dated(String text) {
        String dated = text;
        while (dated.contains("{day}")) {
            dated = dated.replaceFirst("\\{day}", one(phrases.days()));
        }
        return dated;
    }

    private String who() {
        final int[] name =
                drawn(phrases.firstNames().size(), phrases.lastNames().size());
        return phrases.firstNames().get(name[0]) + " " + phrases.lastNames().get(name[1]);
    }

    private String order() {
        final int[] symbols = drawn(PLACES.stream().mapToInt(String::length).toArray());
        final StringBuilder order = new StringBuilder();
        for (int place = 0; place < symbols.length; place++) {
            order.append(PLACES.get(place).charAt(symbols[place]));
        }
        return order.toString();
    }

    /** A number below each limit, together of the part that these mails may have. */
    private int[] drawn(int... limits) {
        while (true) {
            final int[] numbers = new int[limits.length];
            int sum = 0;
            for (int i = 0; i < limits.length; i++) {
                numbers[i] = random.nextInt(limits[i]);
                sum += numbers[i];
            }
            if ((sum % PARTS == 0) == part.heldBack) {
                return numbers;
            }
        }
    }

    private String one(Ways ways) {
        return one(part.otherWords ? ways.others() : ways.learned());
    }

    private String one(List<String> of) {
        return of.get(random.nextInt(of.size()));
    }
}
