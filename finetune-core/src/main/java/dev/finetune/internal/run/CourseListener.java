package dev.finetune.internal.run;

import dev.finetune.record.Course;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Keeps how a training goes, for the report of one that fails. */
final class CourseListener implements TrainingListener {
    private final List<StepReport> steps = new ArrayList<>();
    private final List<EpochReport> evaluations = new ArrayList<>();
    private long start = System.nanoTime();

    @Override
    public void started(Plan plan) {
        start = System.nanoTime();
    }

    @Override
    public void resumed(Path checkpoint, long step, List<EpochReport> earlier) {
        evaluations.addAll(earlier);
    }

    @Override
    public void stepped(StepReport report) {
        steps.add(report);
    }

    @Override
    public void evaluated(EpochReport report) {
        evaluations.add(report);
    }

    /** Whether there is anything to show. */
    boolean hasBegun() {
        return !steps.isEmpty();
    }

    Course failed(String why) {
        return Course.failed(steps, evaluations, why, (System.nanoTime() - start) / 1e9);
    }
}
