package reviews;

import dev.finetune.error.FinetuneException;
import dev.finetune.error.OutOfMemoryException;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

@RestController
class ReviewsController {
    private final Trainer trainer;
    private final ServedModel served;

    ReviewsController(Trainer trainer, ServedModel served) {
        this.trainer = trainer;
        this.served = served;
    }

    /** Begins to train; 409 while another training goes on, 400 if these rows can't be learned from. */
    @PostMapping("/training")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Training.Status train(@RequestBody List<Row> rows) {
        return trainer.start(rows).status();
    }

    @GetMapping("/training")
    Training.Status training() {
        return trainer.latest().status();
    }

    /** Asks the training to stop; it does so after the step under way. */
    @DeleteMapping("/training")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Training.Status cancel() {
        Training latest = trainer.latest();
        latest.cancel();
        return latest.status();
    }

    @PostMapping("/predictions")
    ServedModel.Answer predict(@RequestBody List<String> texts) {
        return served.predict(texts);
    }

    /** What the library says of its input is meant for who gave it. */
    @ExceptionHandler
    ProblemDetail badInput(FinetuneException e) {
        HttpStatus status = e instanceof OutOfMemoryException ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.BAD_REQUEST;
        return ProblemDetail.forStatusAndDetail(status, e.getMessage());
    }
}
