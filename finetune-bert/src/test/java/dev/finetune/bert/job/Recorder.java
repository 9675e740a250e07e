package dev.finetune.bert.job;

import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.util.ArrayList;
import java.util.List;

/** Keeps all that a listener is told. */
final class Recorder implements TrainingListener {
    final List<Plan> plans = new ArrayList<>();
    final List<StepReport> steps = new ArrayList<>();
    final List<EpochReport> evaluations = new ArrayList<>();
    final List<String> warnings = new ArrayList<>();
    final List<TrainingHistory> ends = new ArrayList<>();

    @Override
    public void started(Plan plan) {
        plans.add(plan);
    }

    @Override
    public void stepped(StepReport report) {
        steps.add(report);
    }

    @Override
    public void evaluated(EpochReport report) {
        evaluations.add(report);
    }

    @Override
    public void warned(String message) {
        warnings.add(message);
    }

    @Override
    public void finished(TrainingHistory history) {
        ends.add(history);
    }
}
