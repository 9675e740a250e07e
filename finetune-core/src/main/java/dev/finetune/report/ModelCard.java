package dev.finetune.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.internal.Folders;
import dev.finetune.internal.torch.Natives;
import dev.finetune.metrics.Metrics;
import dev.finetune.task.Task;
import dev.finetune.train.EpochReport;
import dev.finetune.train.TrainingHistory;
import java.util.Locale;
import java.util.Optional;

/** What is saved beside a model for those who find it: data, settings and metrics. */
public final class ModelCard {
    private ModelCard() {}

    /**
     * {@return the model card as Markdown with the front matter that the hub reads}
     *
     * @param task of the model
     * @param provenance where the model comes from
     * @param history how training went, if it was trained here
     * @param evaluation its metrics, if it was evaluated
     */
    public static String write(
            Task task, Provenance provenance, Optional<TrainingHistory> history, Optional<Metrics> evaluation) {
        final StringBuilder card = new StringBuilder();
        card.append("---\nlibrary_name: transformers\ntags:\n- finetune\n---\n\n");
        card.append("# Fine-tuned from ").append(provenance.base()).append("\n\n");
        card.append("Predicts ")
                .append(task.head().toString().replaceAll("\\R", " "))
                .append(".\n");
        card.append("\n## Data\n\n- Training: ").append(Folders.hidden(provenance.training()));
        card.append("\n- Validation: ")
                .append(Folders.hidden(provenance.validation()))
                .append("\n");
        if (!provenance.warnings().isEmpty()) {
            card.append("\nFound in the data and settings:\n\n");
            provenance
                    .warnings()
                    .forEach(warning ->
                            card.append("- ").append(Folders.hidden(warning)).append('\n'));
        }
        card.append("\n## Settings\n\n```\n").append(provenance.settings()).append("\n```\n");
        history.ifPresent(h -> {
            card.append("\n## Training\n\n").append(EpochTable.markdown(h.epochs(), task.mainMetric()));
            card.append(String.format(
                    Locale.ROOT,
                    "%nEnded (%s) after %d steps and %.1f s.%n",
                    h.ended(),
                    h.steps().size(),
                    h.seconds()));
        });
        evaluation.ifPresent(metrics ->
                card.append("\n## Evaluation\n\n```\n").append(metrics).append("\n```\n"));
        return card.toString();
    }

    /**
     * {@return the same for programs}
     *
     * @param task of the model
     * @param provenance where the model comes from
     * @param history how training went, if it was trained here
     * @param evaluation its metrics, if it was evaluated
     */
    public static JsonObject json(
            Task task, Provenance provenance, Optional<TrainingHistory> history, Optional<Metrics> evaluation) {
        final JsonObject json = new JsonObject();
        json.addProperty("base", provenance.base());
        json.addProperty("max_length", provenance.maxLength());
        json.addProperty("libtorch", Natives.version());
        json.addProperty("java", System.getProperty("java.version"));
        json.addProperty("head", task.head().kind());
        task.head().pooling().ifPresent(pooling -> json.addProperty("pooling", pooling.name()));
        json.addProperty("training", Folders.hidden(provenance.training()));
        json.addProperty("validation", Folders.hidden(provenance.validation()));
        final JsonObject settings = new JsonObject();
        provenance.settingsByName().forEach(settings::addProperty);
        json.add("settings", settings);
        final JsonArray epochs = new JsonArray();
        history.ifPresent(h -> h.epochs().forEach(report -> epochs.add(epoch(report))));
        json.add("epochs", epochs);
        evaluation.ifPresent(metrics -> json.add("evaluation", metrics.toJson()));
        return json;
    }

    private static JsonObject epoch(EpochReport report) {
        final JsonObject json = new JsonObject();
        json.addProperty("epoch", report.epoch());
        json.addProperty("step", report.step());
        json.addProperty("training_loss", report.trainingLoss());
        report.validation().ifPresent(metrics -> json.add("validation", metrics.toJson()));
        return json;
    }
}
