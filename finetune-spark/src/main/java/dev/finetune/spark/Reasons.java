package dev.finetune.spark;

import dev.finetune.error.DivergedException;
import dev.finetune.error.FinetuneException;
import dev.finetune.error.LostProcessException;
import dev.finetune.error.OutOfMemoryException;
import java.util.Set;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.ExecutorLostFailure;
import org.apache.spark.FetchFailed;
import org.apache.spark.TaskFailedReason;
import org.apache.spark.TaskResultLost$;

/** What a task's failure means for a training: whether it is of use to begin again, and how it is told. */
final class Reasons {
    private static final Set<String> OURS = Set.of(
            FinetuneException.class.getName(),
            LostProcessException.class.getName(),
            DivergedException.class.getName(),
            OutOfMemoryException.class.getName());

    private Reasons() {}

    /**
     * Whether an executor, a machine, or what one of them held, is gone, as it may or may not be the next time. All else, such as a row
     * that can't be used, comes again.
     */
    static boolean isLoss(TaskFailedReason reason) {
        return reason instanceof ExecutorLostFailure
                || reason instanceof FetchFailed
                || reason instanceof TaskResultLost$
                || reason instanceof ExceptionFailure failure
                        && failure.className().equals(LostProcessException.class.getName());
    }

    /** Our own messages say all; others need to be named. */
    static String told(TaskFailedReason reason) {
        if (reason instanceof ExceptionFailure failure) {
            return OURS.contains(failure.className())
                    ? failure.description()
                    : failure.className() + ": " + failure.description();
        }
        return reason.toErrorString();
    }
}
