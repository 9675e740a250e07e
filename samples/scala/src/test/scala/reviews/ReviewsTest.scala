package reviews

import dev.finetune.FineTuner
import dev.finetune.testkit.{TinyData, TinyModels}
import org.junit.jupiter.api.Assertions.{assertEquals, assertFalse}
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

import java.nio.file.Path
import scala.collection.mutable.Buffer
import scala.util.Using

class ReviewsTest:
  @Test
  def learnsSavesAndJudges(@TempDir folder: Path): Unit =
    val tuner = FineTuner.from(TinyModels.bert()).lr(3e-3).epochs(5)
    val told = Buffer.empty[String]
    val model = folder.resolve("model")

    Using.resource(Reviews.learn(tuner, TinyData.reviews(folder.resolve("reviews.tsv")), told += _)): learned =>
      assertEquals(1.0, learned.accuracy)
      learned.save(model)

    assertFalse(told.isEmpty)
    Using.resource(Reviews.load(model)): loaded =>
      assertEquals("positive", loaded.judge("the lamp is lovely").label)
      assertEquals(Seq("negative", "positive"), loaded.judge(Seq("the pen is broken", "the cup is great")).map(_.label))
