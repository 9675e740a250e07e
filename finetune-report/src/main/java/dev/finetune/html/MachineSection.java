package dev.finetune.html;

import dev.finetune.html.page.Block;
import dev.finetune.html.page.Section;
import dev.finetune.record.FitRecord;
import dev.finetune.record.Machine;
import java.util.ArrayList;
import java.util.List;

/** Where and when it was computed, how long it took, and how much memory. */
final class MachineSection {
    private MachineSection() {}

    static Section of(FitRecord fit) {
        final Machine machine = fit.machine();
        final List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("began", machine.started()));
        rows.add(List.of("computed on", machine.device()));
        rows.add(List.of(
                "threads", machine.threads() + " of " + Told.plural(machine.processors(), "processor", "processors")));
        rows.add(List.of(
                "peak memory of the process",
                machine.peakMegabytes().map(peak -> Told.count(peak) + " MB").orElse("not told by this system")));
        rows.add(List.of("encoding the data", Told.seconds(machine.encodingSeconds())));
        rows.add(List.of(
                "training, without evaluations", Told.seconds(fit.course().trainingSeconds())));
        rows.add(List.of(
                "evaluations",
                Told.seconds(fit.course().seconds() - fit.course().trainingSeconds())));
        rows.add(List.of("predicting for this report", Told.seconds(machine.outcomesSeconds())));
        rows.add(List.of("system", machine.system()));
        rows.add(List.of("Java", machine.java()));
        rows.add(List.of("LibTorch", machine.libtorch()));
        rows.add(List.of("Finetune", machine.library().orElse("not from a jar, so without a version")));
        return new Section(
                "machine",
                "Time and machine",
                List.of(new Block.Table(
                        "Time, memory and versions",
                        List.of(Block.Column.text("what"), Block.Column.text("value")),
                        rows,
                        false)));
    }
}
