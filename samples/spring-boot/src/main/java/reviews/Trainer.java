package reviews;

import dev.finetune.FineTuner;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Service;
import org.springframework.web.server.ResponseStatusException;

/** Trains in a thread of its own, one training at a time. */
@Service
class Trainer implements AutoCloseable {
    private final FineTuner tuner;
    private final ServedModel served;
    private final ExecutorService worker = Executors.newSingleThreadExecutor();
    private Training latest;

    Trainer(FineTuner tuner, ServedModel served) {
        this.tuner = tuner;
        this.served = served;
    }

    synchronized Training start(List<Row> rows) {
        if (latest != null && !latest.isOver()) {
            throw new ResponseStatusException(
                    HttpStatus.CONFLICT,
                    "Training " + latest.status().training() + " goes on: wait for it, or DELETE it.");
        }
        Training next = new Training(latest == null ? 1 : latest.status().training() + 1, tuner, Row.dataset(rows));
        worker.execute(() -> next.run(served));
        latest = next;
        return next;
    }

    synchronized Training latest() {
        if (latest == null) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND, "Nothing was trained yet: POST rows to /training.");
        }
        return latest;
    }

    /** Spring calls this before it closes the served model. */
    @Override
    public void close() throws InterruptedException {
        synchronized (this) {
            if (latest != null) {
                latest.cancel();
            }
        }
        worker.shutdown();
        worker.awaitTermination(1, TimeUnit.MINUTES);
    }
}
