package dev.finetune.record;

import dev.finetune.data.Finding;
import dev.finetune.metrics.Metrics;
import dev.finetune.train.WrittenSamples;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * All that there is to show of a fit, as plain data.
 *
 * @param model what was fitted
 * @param settings of the fit; first those that differ from the defaults
 * @param data what was trained on, then what was evaluated on, if anything was
 * @param findings what was found in the data that hurts
 * @param layers every parameter of the network, in order
 * @param course how training went
 * @param evaluation the metrics of the weights that were kept, on the validation data; empty where they weren't evaluated
 * @param outcomes what the model said of the validation data, row by row
 * @param machine where and when it was computed
 * @param warnings all that was warned of
 * @param samples what the model wrote for some validation rows before and after, if that was asked for
 */
public record FitRecord(
        FittedModel model,
        List<Setting> settings,
        List<DataPart> data,
        List<Finding> findings,
        List<LayerRow> layers,
        Course course,
        Optional<Metrics> evaluation,
        Outcomes outcomes,
        Machine machine,
        List<String> warnings,
        Optional<WrittenSamples> samples) {
    /** The name of the file that a record has in a model's directory. */
    public static final String FILE = "report.json";

    /** Keeps its own copies. */
    public FitRecord {
        settings = List.copyOf(settings);
        data = List.copyOf(data);
        findings = List.copyOf(findings);
        layers = List.copyOf(layers);
        warnings = List.copyOf(warnings);
    }

    /**
     * {@return the record of the same fit at another point of its course}
     *
     * @param now the course up to there
     * @param metrics of the evaluation that counts there; empty where there is none
     * @param told all that was warned of by then
     */
    public FitRecord at(Course now, Optional<Metrics> metrics, List<String> told) {
        return new FitRecord(model, settings, data, findings, layers, now, metrics, outcomes, machine, told, samples);
    }

    /**
     * {@return whether a file is a record of a fit, of whatever version}
     *
     * @param file any
     */
    public static boolean isOne(Path file) {
        return FitRecordFile.isOne(Objects.requireNonNull(file, "file"));
    }

    /**
     * Reads a record that was written beside a report.
     *
     * @param fileOrDirectory the file, or a directory that holds {@value #FILE}
     * @return the record
     * @throws dev.finetune.error.FinetuneException naming the file, and the key where there is one: if it isn't there, is too
     *     large, or isn't a record
     */
    public static FitRecord read(Path fileOrDirectory) {
        Objects.requireNonNull(fileOrDirectory, "fileOrDirectory");
        return FitRecordFile.read(fileOrDirectory);
    }

    /**
     * Writes it as JSON.
     *
     * @param file replaced if it is there
     * @throws dev.finetune.error.FinetuneException naming the file, if it can't be written
     */
    public void write(Path file) {
        Objects.requireNonNull(file, "file");
        FitRecordFile.write(this, file);
    }
}
