package reviews;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.train.Cancellation;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;

/** A training, from the request for it to the model that is served. */
final class Training implements TrainingListener {
    enum State {
        RUNNING,
        SERVED,
        CANCELLED,
        FAILED
    }

    /** What is told of a training; accuracy and problem once they are known. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Status(int training, State state, long step, long steps, Double accuracy, String problem) {}

    private final FineTuner tuner;
    private final Dataset<Text> data;
    private final Cancellation cancellation = new Cancellation();
    private volatile Status status;

    /** Looks at the rows before anything is trained. */
    Training(int number, FineTuner tuner, Dataset<Text> data) {
        String[] labels = data.stream()
                .map(example -> ((Label.Category) example.label()).name())
                .distinct()
                .sorted()
                .toArray(String[]::new);
        this.tuner = tuner.head(labels).cancellation(cancellation).listener(this);
        this.data = data;
        this.tuner.split(data);
        this.status = new Status(number, State.RUNNING, 0, 0, null, null);
    }

    void run(ServedModel served) {
        try {
            FineTuned<Text> tuned = tuner.fit(data);
            if (cancellation.isRequested()) {
                tuned.close();
                ended(State.CANCELLED, null, null);
            } else {
                double accuracy = tuned.evaluation().get("accuracy");
                served.replace(status.training(), tuned);
                ended(State.SERVED, accuracy, null);
            }
        } catch (RuntimeException e) {
            ended(State.FAILED, null, e.getMessage());
        }
    }

    private void ended(State state, Double accuracy, String problem) {
        status = new Status(status.training(), state, status.step(), status.steps(), accuracy, problem);
    }

    @Override
    public void started(Plan plan) {
        status = new Status(status.training(), State.RUNNING, 0, plan.steps(), null, null);
    }

    @Override
    public void stepped(StepReport report) {
        status = new Status(status.training(), State.RUNNING, report.step(), status.steps(), null, null);
    }

    void cancel() {
        cancellation.cancel();
    }

    boolean isOver() {
        return status.state() != State.RUNNING;
    }

    Status status() {
        return status;
    }
}
