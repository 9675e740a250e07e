package reviews

import dev.finetune.FineTuner
import dev.finetune.testkit.TinyData
import dev.finetune.testkit.TinyModels
import java.nio.file.Path
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.junit.jupiter.api.io.TempDir

class ReviewsTest {
    @TempDir
    lateinit var folder: Path

    @Test
    fun `learns, saves and judges`() {
        val tuner = FineTuner.from(TinyModels.bert()).lr(3e-3).epochs(5.0)
        val told = mutableListOf<String>()
        val model = folder.resolve("model")

        Reviews.learn(tuner, TinyData.reviews(folder.resolve("reviews.tsv")), told::add).use {
            assertEquals(1.0, it.accuracy)
            it.save(model)
        }

        assertTrue(told.isNotEmpty())
        Reviews.load(model).use {
            assertEquals("positive", it.judge("the lamp is lovely").label)
            assertEquals(listOf("negative", "positive"), it.judge(listOf("the pen is broken", "the cup is great")).map(Opinion::label))
        }
    }
}
