package reviews;

import dev.finetune.FineTuned;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Prediction;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/**
 * The model that answers. Any number of requests ask it at once; a replacement waits for those under way, so that each is
 * answered by one model as a whole. Spring closes it, and the model's native memory with it, when the application ends.
 */
@Component
class ServedModel implements AutoCloseable {
    record Opinion(String label, double probability) {}

    record Answer(int model, List<Opinion> opinions) {}

    private record Numbered(int number, FineTuned<Text> model) {}

    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private Numbered current;

    Answer predict(List<String> texts) {
        if (texts.contains(null)) {
            throw new FinetuneException("Text " + (texts.indexOf(null) + 1) + " of the request is null.");
        }
        List<Text> inputs = texts.stream().map(Text::of).toList();
        lock.readLock().lock();
        try {
            if (current == null) {
                throw new ResponseStatusException(
                        HttpStatus.NOT_FOUND, "There is no model yet: POST rows to /training.");
            }
            List<Prediction> predictions = current.model().predict(inputs);
            return new Answer(
                    current.number(),
                    predictions.stream()
                            .map(said -> new Opinion(said.label(), said.probability()))
                            .toList());
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Takes a model over, to close it one day. */
    void replace(int number, FineTuned<Text> model) {
        replace(new Numbered(number, model));
    }

    private void replace(Numbered next) {
        lock.writeLock().lock();
        try {
            if (current != null) {
                current.model().close();
            }
            current = next;
        } finally {
            lock.writeLock().unlock();
        }
    }

    @Override
    public void close() {
        replace(null);
    }
}
