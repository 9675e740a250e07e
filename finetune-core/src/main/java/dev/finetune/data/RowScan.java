package dev.finetune.data;

import dev.finetune.data.DataReport.Place;
import dev.finetune.internal.lint.CharacterFaults;
import dev.finetune.internal.lint.CharacterFaults.Form;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** What a single row shows, of any number of them in bounded memory. */
final class RowScan {
    final Cases lengths = new Cases(Cases.MOST);
    final Cases values = new Cases(Cases.MOST);
    private final Cases encoding = new Cases(Cases.MOST);
    private final Cases markup = new Cases(Cases.MOST);
    private final Map<Form, Cases> forms = new EnumMap<>(Form.class);

    void add(Place place, Example<?> example) {
        final List<String> texts = InputText.of(example.input());
        boolean isMarked = false;
        Form form = Form.EITHER;
        addLabel(place, example);
        for (String text : texts) {
            final List<String> faults = CharacterFaults.encoding(text);
            if (!faults.isEmpty()) {
                encoding.add(place, quoted(example), String.join("; ", faults));
            }
            if (!isMarked) {
                final var left = CharacterFaults.markup(text);
                left.ifPresent(why -> markup.add(place, quoted(example), why));
                isMarked = left.isPresent();
            }
            form = joined(form, CharacterFaults.form(text));
            final String bare = text.strip();
            if (!bare.isEmpty() && bare.codePointCount(0, bare.length()) == 1 && !(example.input() instanceof Words)) {
                lengths.add(place, quoted(example), "one character");
            }
        }
        if (form != Form.EITHER) {
            forms.computeIfAbsent(form, key -> new Cases(Cases.MOST)).add(place, quoted(example), "");
        }
        if (example.label() instanceof Label.Values numbers
                && numbers.values().stream().anyMatch(value -> !Double.isFinite(value))) {
            values.add(place, quoted(example), InputText.label(numbers) + " holds what is no number");
        }
    }

    private void addLabel(Place place, Example<?> example) {
        for (String name : new TreeSet<>(names(example.label()))) {
            final List<String> faults = CharacterFaults.encoding(name);
            if (!faults.isEmpty()) {
                encoding.add(
                        place,
                        quoted(example),
                        "in its label " + InputText.exactly(name) + ": " + String.join("; ", faults));
            }
        }
    }

    private static Collection<String> names(Label label) {
        if (label instanceof Label.Category category) {
            return List.of(category.name());
        }
        if (label instanceof Label.Categories categories) {
            return categories.names();
        }
        return label instanceof Label.Tags tags ? tags.tags() : List.of();
    }

    private static Form joined(Form one, Form other) {
        if (one == Form.EITHER || one == other) {
            return other;
        }
        return other == Form.EITHER ? one : Form.MIXED;
    }

    private static String quoted(Example<?> example) {
        return InputText.quoted(example.input());
    }

    /** All that concerns characters. */
    void addCharacters(List<DataReport.Issue> issues) {
        encoding.addTo(
                issues,
                Finding.Code.ODD_ENCODING,
                "Texts or labels with characters of a wrong encoding, that can't be seen, or that no text should have",
                "Read the file in its own encoding (charset(...)), or mend these rows.");
        markup.addTo(
                issues,
                Finding.Code.MARKUP,
                "Texts with markup or escapes left in them",
                "Turn them into the characters that they stand for, unless the texts that are predicted have them, too.");
        final long composed = count(Form.NFC);
        final long decomposed = count(Form.NFD);
        final Form usual = decomposed > composed ? Form.NFD : Form.NFC;
        final Cases odd = forms.getOrDefault(usual == Form.NFC ? Form.NFD : Form.NFC, new Cases(0))
                .and(forms.getOrDefault(Form.MIXED, new Cases(Cases.MOST)));
        final long others = Math.max(composed, decomposed);
        odd.addTo(
                issues,
                Finding.Code.NORMAL_FORMS,
                others == 0
                        ? "Texts that are in neither of Unicode's normal forms NFC and NFD, but mix them"
                        : "Texts that aren't in Unicode's normal form " + usual + ", as " + others
                                + (others == 1 ? " other is" : " others are"),
                "Normalize all of them: java.text.Normalizer.normalize(text, Form.NFC).");
    }

    private long count(Form form) {
        return forms.containsKey(form) ? forms.get(form).count() : 0;
    }
}
