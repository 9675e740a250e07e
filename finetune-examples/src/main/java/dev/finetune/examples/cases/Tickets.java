package dev.finetune.examples.cases;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Generated tickets to the support of a bank and shop: 11 things that 7 kinds of wishes are about, so 77 intents. Whoever
 * writes says the thing and the wish in one of several ways, begins and ends as people do, and mistypes a letter now and then.
 * Ways to say it are parted: those of the test are never in the training.
 */
final class Tickets {
    private static final Map<String, List<String>> THINGS = new TreeMap<>(Map.ofEntries(
            Map.entry("card", List.of("my card", "my bank card", "the debit card", "the plastic card you gave me")),
            Map.entry(
                    "account",
                    List.of("my account", "my current account", "the account I have with you", "my bank account")),
            Map.entry(
                    "transfer",
                    List.of("my transfer", "the money I sent", "a bank transfer", "the payment to a friend")),
            Map.entry("parcel", List.of("my parcel", "the package", "my delivery", "the box you shipped")),
            Map.entry("invoice", List.of("my invoice", "the bill", "the invoice of last month", "what you billed me")),
            Map.entry("password", List.of("my password", "the login code", "my secret word", "my credentials")),
            Map.entry("app", List.of("the app", "your mobile app", "the application on my phone", "your software")),
            Map.entry(
                    "subscription",
                    List.of("my subscription", "the monthly plan", "my membership", "the premium plan")),
            Map.entry("voucher", List.of("my voucher", "the gift card", "a coupon", "the discount code")),
            Map.entry("address", List.of("my address", "where I live", "the place you deliver to", "my home address")),
            Map.entry("loan", List.of("my loan", "the credit", "the money I borrowed", "my mortgage"))));

    private static final Map<String, List<String>> WISHES = new TreeMap<>(Map.of(
            "new",
            List.of(
                    "How do I get % for the first time?",
                    "I don't have one yet and would like to set up %.",
                    "What must I do to obtain %?",
                    "Please create % for me."),
            "change",
            List.of(
                    "I want to change %.",
                    "Something is different now, please update %.",
                    "Can % be modified?",
                    "% needs to be altered, how?"),
            "cancel",
            List.of(
                    "Please cancel %.",
                    "I no longer want %, get rid of it.", "How can I end % for good?", "I'd like to terminate %."),
            "broken",
            List.of(
                    "% does not work.",
                    "There is an error with %.",
                    "Something is wrong with %, it fails every time.",
                    "% seems to be broken."),
            "lost",
            List.of("I lost %.", "I can't find % any more.", "% has disappeared.", "Somebody stole %."),
            "status",
            List.of(
                    "What is the state of %?",
                    "I am still waiting, when will % be there?", "How long does % take?", "Is there any news about %?"),
            "price",
            List.of(
                    "What does % cost?",
                    "Why was I charged a fee for %?", "How much do I pay for %?", "Is there a price for %?")));

    private static final List<String> BEGINNINGS =
            List.of("", "", "Hi, ", "Hello there. ", "Good morning, ", "Quick question: ", "Dear team, ");
    private static final List<String> ENDINGS =
            List.of("", "", " Thanks!", " Please help.", " Kind regards, Kim", " ASAP");

    private final SplittableRandom random;
    private final Set<Text> others;

    private Tickets(long seed, Set<Text> others) {
        this.random = new SplittableRandom(seed);
        this.others = others;
    }

    /** Ways to say things and wishes, of four each: which of them a part may use. */
    enum Part {
        /** The first three ways of each. */
        TRAINING(0, 3),
        /** As training, but no ticket of it is one of those. */
        CHOOSING(0, 3),
        /** The fourth way of either the thing or the wish. */
        TEST(3, 4);

        private final int from;
        private final int to;

        Part(int from, int to) {
            this.from = from;
            this.to = to;
        }
    }

    /** So many tickets of each intent; equal seeds give equal ones. */
    static Dataset<Text> of(Part part, int perIntent, long seed) {
        return new Tickets(seed, Set.of()).drawn(part, perIntent);
    }

    /** The same of which none is among others. */
    static Dataset<Text> without(Dataset<Text> others, Part part, int perIntent, long seed) {
        return new Tickets(seed, others.asList().stream().map(Example::input).collect(Collectors.toSet()))
                .drawn(part, perIntent);
    }

    private Dataset<Text> drawn(Part part, int perIntent) {
        final List<Example<Text>> all = new ArrayList<>();
        for (int i = 0; i < perIntent; i++) {
            for (Map.Entry<String, List<String>> thing : THINGS.entrySet()) {
                for (Map.Entry<String, List<String>> wish : WISHES.entrySet()) {
                    all.add(new Example<>(
                            other(part, thing.getValue(), wish.getValue(), i),
                            Label.of(wish.getKey() + "_" + thing.getKey())));
                }
            }
        }
        return Dataset.of(Text.class, all);
    }

    private Text other(Part part, List<String> thing, List<String> wish, int number) {
        Text drawn = Text.of(ticket(part, thing, wish, number));
        while (others.contains(drawn)) {
            drawn = Text.of(ticket(part, thing, wish, number));
        }
        return drawn;
    }

    private String ticket(Part part, List<String> thing, List<String> wish, int number) {
        final boolean thingIsNew = part == Part.TEST && number % 2 == 0;
        final boolean wishIsNew = part == Part.TEST && !thingIsNew;
        final String what = thing.get(way(thingIsNew ? part : Part.TRAINING));
        final String how = wish.get(way(wishIsNew ? part : Part.TRAINING));
        final String said = how.startsWith("%")
                ? Character.toUpperCase(what.charAt(0)) + what.substring(1) + how.substring(1)
                : how.replace("%", what);
        return one(BEGINNINGS) + mistyped(said) + one(ENDINGS);
    }

    private int way(Part part) {
        return random.nextInt(part.from, part.to);
    }

    private String one(List<String> of) {
        return of.get(random.nextInt(of.size()));
    }

    /** In one ticket of five two letters have changed places. */
    private String mistyped(String text) {
        if (random.nextInt(5) > 0) {
            return text;
        }
        final int at = random.nextInt(1, text.length() - 1);
        return text.substring(0, at - 1) + text.charAt(at) + text.charAt(at - 1) + text.substring(at + 1);
    }
}
