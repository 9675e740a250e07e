package dev.finetune.examples.cases;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Generated card payments, each told in a sentence, of which few are fraud: many small payments in a row to try cards out, a
 * stolen account that buys what sells again, a copied card far from where its owner just was. Honest people travel, buy
 * presents at night and change their phones, too, so that no single word gives it away, and one fraud in ten looks like
 * anything else.
 */
final class Transactions {
    static final String HONEST = "honest";
    static final String FRAUD = "fraud";

    private static final List<String> SHOPS = List.of(
            "a supermarket",
            "a petrol station",
            "a restaurant",
            "a bakery",
            "a pharmacy",
            "a clothes shop",
            "a bookshop",
            "a hotel",
            "an airline",
            "a streaming service");
    private static final List<String> SELLS_AGAIN = List.of(
            "an electronics shop", "a jeweller", "a shop for gift cards", "a shop for phones", "a crypto exchange");

    private final SplittableRandom random;

    private Transactions(long seed) {
        random = new SplittableRandom(seed);
    }

    /**
     * So many payments, some of them fraud, in random order; equal seeds give equal ones.
     *
     * @param share of them that is fraud, rounded
     */
    static Dataset<Text> of(int count, double share, long seed) {
        final Transactions drawn = new Transactions(seed);
        final long frauds = Math.round(share * count);
        final List<Example<Text>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final boolean fraud = i < frauds;
            all.add(new Example<>(Text.of(fraud ? drawn.fraud() : drawn.honest()), Label.of(fraud ? FRAUD : HONEST)));
        }
        for (int i = count - 1; i > 0; i--) {
            final int other = drawn.random.nextInt(i + 1);
            final Example<Text> moved = all.get(i);
            all.set(i, all.get(other));
            all.set(other, moved);
        }
        return Dataset.of(Text.class, all);
    }

    /** What a payment is told by. */
    private record Payment(
            boolean online,
            String shop,
            double amount,
            int hour,
            boolean newDevice,
            int before,
            int kilometres,
            boolean newAddress) {
        String told(SplittableRandom random) {
            final StringBuilder text = new StringBuilder(online ? "Paid online at " : "Paid by card at ");
            text.append(shop);
            text.append(String.format(Locale.ROOT, ", %.2f euros, at %02d:%02d", amount, hour, random.nextInt(60)));
            if (online) {
                text.append(newDevice ? ", from a device not seen before" : ", from the usual phone");
                text.append(newAddress ? ", to an address that was added today" : ", to the usual address");
            } else {
                text.append(kilometres < 5 ? ", near home" : ", " + kilometres + " km from the payment before");
            }
            if (before > 0) {
                text.append(", ")
                        .append(before)
                        .append(before == 1 ? " payment" : " payments")
                        .append(" in the hour before");
            }
            return text.append('.').toString();
        }
    }

    private String honest() {
        final boolean online = random.nextInt(10) < 4;
        final boolean present = random.nextInt(12) == 0;
        final boolean travels = random.nextInt(15) == 0;
        return new Payment(
                        online,
                        present ? one(SELLS_AGAIN) : one(SHOPS),
                        amount(present ? 120 : 25, 0.9),
                        random.nextInt(10) == 0 ? random.nextInt(24) : 8 + random.nextInt(14),
                        random.nextInt(14) == 0,
                        Math.max(0, random.nextInt(6) - 3),
                        travels ? 100 + random.nextInt(3000) : random.nextInt(20),
                        random.nextInt(16) == 0)
                .told(random);
    }

    private String fraud() {
        return switch (random.nextInt(10)) {
            case 0, 1, 2 ->
                new Payment(
                                true,
                                one(SHOPS),
                                amount(1.5, 0.5),
                                random.nextInt(24),
                                true,
                                5 + random.nextInt(20),
                                0,
                                false)
                        .told(random);
            case 3, 4, 5, 6 ->
                new Payment(
                                true,
                                one(SELLS_AGAIN),
                                amount(400, 0.6),
                                random.nextInt(24),
                                random.nextInt(6) > 0,
                                random.nextInt(4),
                                0,
                                random.nextInt(5) > 0)
                        .told(random);
            case 7, 8 ->
                new Payment(
                                false,
                                one(SELLS_AGAIN),
                                amount(300, 0.7),
                                random.nextInt(24),
                                false,
                                1 + random.nextInt(4),
                                500 + random.nextInt(6000),
                                false)
                        .told(random);
            default -> honest();
        };
    }

    private String one(List<String> of) {
        return of.get(random.nextInt(of.size()));
    }

    /** Log-normal around a median. */
    private double amount(double median, double spread) {
        return Math.max(0.5, median * Math.exp(spread * random.nextGaussian()));
    }
}
