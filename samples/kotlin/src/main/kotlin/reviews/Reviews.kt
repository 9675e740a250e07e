package reviews

import dev.finetune.FineTuned
import dev.finetune.FineTuner
import dev.finetune.data.Text
import dev.finetune.data.TextFiles
import dev.finetune.train.EpochReport
import dev.finetune.train.TrainingListener
import java.nio.file.Path
import kotlin.io.path.Path

/** What a model says of a text. */
data class Opinion(val label: String, val probability: Double)

/** Tells good reviews from bad ones. */
class Reviews(private val model: FineTuned<Text>) : AutoCloseable by model {
    val accuracy: Double
        get() = model.evaluation()["accuracy"]

    fun judge(review: String): Opinion = judge(listOf(review)).single()

    fun judge(reviews: List<String>): List<Opinion> =
        model.predict(reviews.map(Text::of)).map { Opinion(it.label(), it.probability()) }

    fun save(directory: Path) = model.save(directory)

    companion object {
        /** Learns from a table with the columns text and label; the tuner says the model to start from, and how. */
        fun learn(tuner: FineTuner, table: Path, progress: (String) -> Unit = {}): Reviews {
            val data = TextFiles.tsv(table).classification().filter { it.input().text().isNotBlank() }
            val told = object : TrainingListener {
                override fun evaluated(report: EpochReport) = progress(report.toString())
            }
            return Reviews(tuner.head("negative", "positive").loss { it.labelSmoothing(0.05) }.listener(told).fit(data))
        }

        fun load(directory: Path) = Reviews(FineTuned.load(directory, Text::class.java))
    }
}

fun main(arguments: Array<String>) {
    val (model, table) = arguments
    Reviews.learn(FineTuner.from(model).epochs(2.0), Path(table), ::println).use { reviews ->
        println("accuracy ${reviews.accuracy}")
        println(reviews.judge("Broke after a day."))
        reviews.save(Path("my-model"))
    }
}
