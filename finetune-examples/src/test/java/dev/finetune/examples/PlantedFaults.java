package dev.finetune.examples;

import dev.finetune.data.DataReport;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Finding.Code;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * Two hundred faults of every kind in a copy of labelled texts, and how many of them a report finds. A fault is found if a
 * case of its kind names its row. What a report names beyond that counts as false, unless it names it of the data without
 * faults, too: that was so before, and isn't judged here.
 */
final class PlantedFaults {
    private static final List<String> FOREIGN = List.of(
            "Leider ist das Gerät schon nach einer Woche kaputt gegangen.",
            "Wir haben uns sehr wohl gefühlt und kommen gern wieder.",
            "Je ne comprends pas pourquoi tout le monde en parle.",
            "Le personnel était aimable et la chambre très propre.",
            "No volvería a comprarlo porque se rompió el primer día.",
            "Nos encantó la historia, pero el final es demasiado largo.",
            "Non è male, ma per questo prezzo mi aspettavo di più.",
            "A comida estava fria e o empregado nem pediu desculpa.",
            "Ik heb het boek in een dag uitgelezen, wat een verhaal.",
            "Jag tycker inte att den är värd pengarna.",
            "To bardzo dobra książka, ale za krótka.",
            "Bu kadar kötü bir otelde daha önce kalmadım.",
            "Kirja oli hyvä mutta loppu ei ollut uskottava.",
            "Очень плохое обслуживание, больше не приду.",
            "スープは冷めていて、店員も無愛想でした。",
            "酒店的位置很好，房间也很干净。",
            "배송이 빠르고 품질도 좋아요.",
            "الخدمة سيئة للغاية والطعام بارد.",
            "Η εξυπηρέτηση ήταν άψογη.",
            "Film je bil dolgocasen in igralci slabi.",
            "Roedd y bwyd yn oer ac yn ddiflas.",
            "Chakula kilikuwa kitamu sana na bei nafuu.");

    private static final long SEED = 17;

    private final Random random;
    private final List<Example<Text>> train;
    private final List<Example<Text>> validation;
    private final Map<Code, Set<String>> planted = new EnumMap<>(Code.class);
    /** What a planted fault is besides: a contradiction is a repeat, and a wrong label contradicts its likes. */
    private final Map<Code, Set<String>> implied = new EnumMap<>(Code.class);

    private final Set<Integer> used = new HashSet<>();

    private PlantedFaults(Dataset<Text> train, Dataset<Text> validation, long seed) {
        this.random = new Random(seed);
        this.train = new ArrayList<>(train.asList());
        this.validation = new ArrayList<>(validation.asList());
    }

    /** Two hundred of them. */
    static PlantedFaults in(Dataset<Text> train, Dataset<Text> validation) {
        final PlantedFaults faults = new PlantedFaults(train, validation, SEED);
        faults.stretch(10);
        faults.flipLabels(20);
        faults.breakCharacters(24);
        faults.leaveMarkup(14);
        faults.decompose(8);
        faults.repeat(20);
        faults.leak(20);
        faults.nearlyRepeat(20);
        faults.nearlyLeak(20);
        faults.contradict(12);
        faults.addForeign();
        faults.addEmpty(10);
        return faults;
    }

    /** Only wrong labels, so many of them. */
    static PlantedFaults ofLabels(Dataset<Text> train, Dataset<Text> validation, int count, long seed) {
        final PlantedFaults faults = new PlantedFaults(train, validation, seed);
        faults.flipLabels(count);
        return faults;
    }

    Dataset<Text> train() {
        return Dataset.of(Text.class, train);
    }

    Dataset<Text> validation() {
        return Dataset.of(Text.class, validation);
    }

    int count() {
        return planted.values().stream().mapToInt(Set::size).sum();
    }

    private void note(Code code, String place) {
        planted.computeIfAbsent(code, key -> new HashSet<>()).add(place);
        final Set<Code> besides = switch (code) {
            case CONFLICTING_LABELS, EMPTY_INPUTS -> Set.of(Code.DUPLICATES);
            case NEAR_CONFLICTS -> Set.of(Code.NEAR_DUPLICATES);
            case LABEL_ERRORS -> Set.of(Code.CONFLICTING_LABELS, Code.NEAR_CONFLICTS);
            default -> Set.of();
        };
        besides.forEach(
                each -> implied.computeIfAbsent(each, key -> new HashSet<>()).add(place));
    }

    /** A row of train that nothing was done to, with a text long enough to be known again. */
    private int fresh() {
        while (true) {
            final int row = random.nextInt(train.size());
            if (train.get(row).input().text().length() >= 30 && used.add(row)) {
                return row;
            }
        }
    }

    private void replace(Code code, int row, String text) {
        train.set(row, new Example<>(Text.of(text), train.get(row).label()));
        note(code, "train " + (row + 1));
    }

    private void add(Code code, String text, Label label) {
        train.add(new Example<>(Text.of(text), label));
        used.add(train.size() - 1);
        note(code, "train " + train.size());
    }

    private Label other(Label label) {
        final List<Label> others = train.stream()
                .map(Example::label)
                .distinct()
                .filter(each -> !each.equals(label))
                .toList();
        return others.get(random.nextInt(others.size()));
    }

    private void flipLabels(int count) {
        for (int i = 0; i < count; i++) {
            final int row = fresh();
            train.set(
                    row,
                    new Example<>(train.get(row).input(), other(train.get(row).label())));
            note(Code.LABEL_ERRORS, "train " + (row + 1));
        }
    }

    private void breakCharacters(int count) {
        final Charset windows = Charset.forName("windows-1252");
        for (int i = 0; i < count; i++) {
            final int row = fresh();
            final String text = train.get(row).input().text();
            final int at = 1 + random.nextInt(text.length() - 1);
            final String accented = text.substring(0, at)
                    + List.of("é", "’", "ü ", "–", "ñ", "£").get(i % 6)
                    + text.substring(at);
            final String broken = switch (i % 8) {
                case 0, 1, 2 -> new String(accented.getBytes(StandardCharsets.UTF_8), windows);
                case 3 -> text.substring(0, at) + "\uFFFD" + text.substring(at);
                case 4 -> text.substring(0, at) + "\u0000" + text.substring(at);
                case 5 -> text.substring(0, at) + "\uFEFF" + text.substring(at);
                case 6 -> text.substring(0, at) + "\u0092" + text.substring(at);
                default -> text.substring(0, at) + "\uD83D" + text.substring(at);
            };
            replace(Code.ODD_ENCODING, row, broken);
        }
    }

    private void leaveMarkup(int count) {
        for (int i = 0; i < count; i++) {
            final int row = fresh();
            final String text = train.get(row).input().text();
            final int space = text.indexOf(' ', random.nextInt(text.length() / 2));
            final String left = List.of("<br />", " &amp; ", " &#39;", " <b>", "</p>", " &nbsp;", " \\u2014 ")
                    .get(i % 7);
            replace(Code.MARKUP, row, text.substring(0, space) + left + text.substring(space));
        }
    }

    /** Beside as many that are composed, as texts with accents usually are. */
    private void decompose(int count) {
        for (int i = 0; i < 2 * count; i++) {
            final int row = fresh();
            final String text = train.get(row).input().text() + (i < count ? " Voila\u0300." : " Voil\u00E0.");
            if (i < count) {
                replace(Code.NORMAL_FORMS, row, text);
            } else {
                train.set(row, new Example<>(Text.of(text), train.get(row).label()));
            }
        }
    }

    private void stretch(int count) {
        for (int i = 0; i < count; i++) {
            final int row = fresh();
            if (i % 2 == 0) {
                replace(Code.ODD_LENGTHS, row, List.of("x", ".", "?", "-", "1").get(i / 2 % 5));
            } else {
                final StringBuilder joined = new StringBuilder();
                while (joined.length() < 4_000) {
                    joined.append(train.get(random.nextInt(train.size()))
                                    .input()
                                    .text())
                            .append(' ');
                }
                replace(Code.ODD_LENGTHS, row, joined.toString());
            }
        }
    }

    private void repeat(int count) {
        for (int i = 0; i < count; i++) {
            final Example<Text> row = train.get(fresh());
            add(Code.DUPLICATES, row.input().text(), row.label());
        }
    }

    private void leak(int count) {
        for (int i = 0; i < count; i++) {
            validation.add(train.get(fresh()));
            note(Code.LEAKAGE, "validation " + validation.size());
        }
    }

    private void nearlyRepeat(int count) {
        for (int i = 0; i < count; i++) {
            final Example<Text> row = train.get(fresh());
            add(Code.NEAR_DUPLICATES, nearly(row.input().text(), i), row.label());
        }
    }

    private void nearlyLeak(int count) {
        for (int i = 0; i < count; i++) {
            final Example<Text> row = train.get(fresh());
            validation.add(new Example<>(Text.of(nearly(row.input().text(), i)), row.label()));
            note(Code.NEAR_LEAKAGE, "validation " + validation.size());
        }
    }

    /** Other capitals or punctuation, a slip of the pen, a word more. */
    private String nearly(String text, int way) {
        final int at = 1 + random.nextInt(text.length() - 2);
        return switch (way % 5) {
            case 0 -> text.toUpperCase(Locale.ROOT);
            case 1 -> text.strip().replaceAll("[.!?]+$", "") + " !!!";
            case 2 -> text.substring(0, at) + text.charAt(at) + text.substring(at);
            case 3 -> text.substring(0, at) + text.substring(at + 1);
            default -> text + " Yes.";
        };
    }

    private void contradict(int count) {
        for (int i = 0; i < count; i++) {
            final Example<Text> row = train.get(fresh());
            final boolean isExact = i % 2 == 0;
            add(
                    isExact ? Code.CONFLICTING_LABELS : Code.NEAR_CONFLICTS,
                    isExact ? row.input().text() : nearly(row.input().text(), i),
                    other(row.label()));
        }
    }

    private void addForeign() {
        for (String text : FOREIGN) {
            add(
                    Code.OTHER_LANGUAGE,
                    text,
                    train.get(random.nextInt(train.size())).label());
        }
    }

    private void addEmpty(int count) {
        for (int i = 0; i < count; i++) {
            add(Code.EMPTY_INPUTS, " ".repeat(i % 3), train.get(0).label());
        }
    }

    /**
     * What was found of one kind.
     *
     * @param planted how many faults there are
     * @param found how many of them a case of this kind names
     * @param others how many cases name none of them, nor a row that is named without faults
     * @param first how many of the first cases that aren't named without faults name one of them
     */
    record Found(int planted, int found, int others, int first) {
        double precision() {
            return found + others == 0 ? 1 : (double) found / (found + others);
        }
    }

    /** What a report of the faulty data found beyond that of the clean data; as many cases come first as faults were planted. */
    Map<Code, Found> compare(DataReport clean, DataReport faulty) {
        return compare(clean, faulty, Integer.MAX_VALUE);
    }

    /** The same, with so many cases that come first, or as many as faults were planted if these are fewer. */
    Map<Code, Found> compare(DataReport clean, DataReport faulty, int shown) {
        final Map<Code, Found> result = new TreeMap<>();
        planted.forEach((code, places) -> {
            final Set<String> before = quotes(clean, code);
            final Set<String> found = new HashSet<>();
            int others = 0;
            int first = 0;
            for (DataReport.Issue issue : faulty.issues()) {
                for (DataReport.Case one : issue.code() == code ? issue.cases() : List.<DataReport.Case>of()) {
                    final List<String> hit = one.rows().stream()
                            .map(Object::toString)
                            .filter(places::contains)
                            .toList();
                    found.addAll(hit);
                    final boolean isImplied = one.rows().stream()
                            .anyMatch(place ->
                                    implied.getOrDefault(code, Set.of()).contains(place.toString()));
                    others += hit.isEmpty() && !isImplied && !before.contains(one.quote()) ? 1 : 0;
                    first += !hit.isEmpty() && found.size() + others <= Math.min(shown, places.size()) ? 1 : 0;
                }
            }
            result.put(code, new Found(places.size(), found.size(), others, first));
        });
        return result;
    }

    private static Set<String> quotes(DataReport report, Code code) {
        final Set<String> quotes = new HashSet<>();
        report.issues().stream()
                .filter(issue -> issue.code() == code)
                .forEach(issue -> issue.cases().forEach(one -> quotes.add(one.quote())));
        return quotes;
    }
}
