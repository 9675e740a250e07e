package dev.finetune.html;

import dev.finetune.record.DataPart;
import dev.finetune.record.SearchRecord;
import dev.finetune.record.SearchRecord.State;
import dev.finetune.record.SearchRecord.TrialRow;
import dev.finetune.record.Setting;
import dev.finetune.record.TuningRecord;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Records of searches that never were. */
final class Searches {
    private static final List<DataPart> DATA = List.of(
            new DataPart("training", "train.tsv", 400, Map.of(), Optional.empty()),
            new DataPart("validation", "validation.tsv", 100, Map.of(), Optional.empty()));
    private static final List<Setting> TUNER =
            List.of(new Setting("epochs", "2", false), new Setting("seed", "42", true));

    private Searches() {}

    /** So many trials, of which every fifth was stopped, one diverged and one failed. */
    static SearchRecord search(int trials) {
        final List<TrialRow> rows = new ArrayList<>();
        for (int i = 0; i < trials; i++) {
            final Map<String, String> settings = new LinkedHashMap<>();
            settings.put("lr", String.valueOf(1e-5 * Math.pow(1.3, i)));
            settings.put("frozen layers", String.valueOf(i % 7));
            settings.put(
                    "freeze",
                    List.of("nothing", "everything but the head", "embeddings").get(i % 3));
            rows.add(row(i, settings));
        }
        return search(rows);
    }

    private static TrialRow row(int number, Map<String, String> settings) {
        final State state = number == 3
                ? State.DIVERGED
                : number == 4 ? State.FAILED : number % 5 == 1 ? State.STOPPED : State.FINISHED;
        final boolean isMeasured = state == State.FINISHED || state == State.STOPPED;
        final double value = isMeasured ? 0.9 - number / 100.0 : Double.NaN;
        return new TrialRow(
                number,
                settings,
                state,
                value,
                isMeasured ? Map.of("accuracy", value, "loss", 1 - value) : Map.of(),
                12 + number,
                switch (state) {
                    case FINISHED -> "";
                    case STOPPED -> "after evaluation 1 its accuracy of 0.8 wasn't among the best 1/3";
                    case DIVERGED -> "The loss became infinite at step 7.";
                    case FAILED -> "Memory ran out.";
                });
    }

    static SearchRecord search(List<TrialRow> rows) {
        return new SearchRecord(
                "bert-base-uncased",
                "accuracy",
                true,
                List.of(new Setting("trials", "20", false), new Setting("stopped early", "none", false)),
                TUNER,
                DATA,
                List.of(
                        new SearchRecord.Dimension(
                                "lr", "1e-5 to 0.001, logarithmic", SearchRecord.Scale.LOGARITHMIC, List.of()),
                        new SearchRecord.Dimension(
                                "frozen layers", "0 to 6, whole", SearchRecord.Scale.LINEAR, List.of()),
                        new SearchRecord.Dimension(
                                "freeze",
                                "one of three",
                                SearchRecord.Scale.CHOICES,
                                List.of("nothing", "everything but the head", "embeddings"))),
                rows.stream()
                        .sorted((one, other) -> one.state() != other.state()
                                ? one.state().compareTo(other.state())
                                : Double.compare(other.value(), one.value()))
                        .toList(),
                "2026-01-01T00:00:00Z",
                345.6,
                Optional.of("0.1.0"));
    }

    static TuningRecord tuning() {
        return new TuningRecord(
                "bert-base-uncased",
                "accuracy",
                List.of("Data: 400 rows to train on.", "Chosen: lr 2e-4, for its accuracy of 0.9100 is the best."),
                List.of(
                        new TuningRecord.Attempt("as set", "the settings as they are", 0.8, 0.5, 30, false),
                        new TuningRecord.Attempt(
                                "lr 2.0e-4, 6 epochs", "the rate of the range test", 0.91, 0.3, 61, true),
                        new TuningRecord.Attempt("lr 1", "twice; it diverged", Double.NaN, Double.NaN, 3, false)),
                TUNER,
                DATA,
                "2026-01-01T00:00:00Z",
                600,
                431.5,
                Optional.empty());
    }
}
