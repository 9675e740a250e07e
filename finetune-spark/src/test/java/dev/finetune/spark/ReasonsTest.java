package dev.finetune.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.error.FinetuneException;
import dev.finetune.error.LostProcessException;
import java.util.List;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.ExecutorLostFailure;
import org.apache.spark.FetchFailed;
import org.apache.spark.TaskFailedReason;
import org.apache.spark.TaskResultLost$;
import org.apache.spark.UnknownReason$;
import org.apache.spark.storage.BlockManagerId;
import org.junit.jupiter.api.Test;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

class ReasonsTest {
    private static TaskFailedReason thrown(Exception exception) {
        return new ExceptionFailure(
                exception,
                CollectionConverters.asScala(List.<org.apache.spark.scheduler.AccumulableInfo>of())
                        .toSeq());
    }

    @Test
    void whatIsLostMayBeThereTheNextTime() {
        assertThat(Reasons.isLoss(new ExecutorLostFailure("1", true, Option.apply("exit code 137"))))
                .isTrue();
        assertThat(Reasons.isLoss(new ExecutorLostFailure("1", false, Option.apply("Executor heartbeat timed out"))))
                .isTrue();
        assertThat(Reasons.isLoss(TaskResultLost$.MODULE$)).isTrue();
        assertThat(Reasons.isLoss(new FetchFailed(
                        BlockManagerId.apply("1", "host", 1, Option.empty()), 0, 0, 0, 0, "Connection refused")))
                .isTrue();
        assertThat(Reasons.isLoss(thrown(new LostProcessException("Process 1 was lost: it was killed."))))
                .isTrue();
    }

    @Test
    void whatWasThrownOtherwiseComesAgain() {
        assertThat(Reasons.isLoss(thrown(new FinetuneException("Process 1 failed: a row was lost: bad"))))
                .isFalse();
        assertThat(Reasons.isLoss(thrown(new IllegalStateException("Process 1 was lost"))))
                .isFalse();
        assertThat(Reasons.isLoss(UnknownReason$.MODULE$)).isFalse();
    }

    @Test
    void ourOwnMessagesAreToldAsTheyAreAndOthersByTheirClass() {
        assertThat(Reasons.told(thrown(new FinetuneException("The column \"a\" is null."))))
                .isEqualTo("The column \"a\" is null.");
        assertThat(Reasons.told(thrown(new IllegalStateException("no"))))
                .isEqualTo("java.lang.IllegalStateException: no");
        assertThat(Reasons.told(new ExecutorLostFailure("7", true, Option.apply("exit code 137"))))
                .contains("executor 7", "exit code 137");
    }
}
