package reviews

import dev.finetune.{FineTuned, FineTuner}
import dev.finetune.data.{Text, TextFiles}
import dev.finetune.train.{EpochReport, TrainingListener}

import java.nio.file.Path
import scala.jdk.CollectionConverters.*
import scala.util.Using

/** What a model says of a text. */
case class Opinion(label: String, probability: Double)

/** Tells good reviews from bad ones. */
final class Reviews(model: FineTuned[Text]) extends AutoCloseable:
  def accuracy: Double = model.evaluation.get("accuracy")

  def judge(review: String): Opinion = judge(Seq(review)).head

  def judge(reviews: Seq[String]): Seq[Opinion] =
    model.predict(reviews.map(Text.of).asJava).asScala.toSeq.map(said => Opinion(said.label, said.probability))

  def save(directory: Path): Unit = model.save(directory)

  override def close(): Unit = model.close()

object Reviews:
  private val labels = Seq("negative", "positive")

  /** Learns from a table with the columns text and label; the tuner says the model to start from, and how. */
  def learn(tuner: FineTuner, table: Path, progress: String => Unit = _ => ()): Reviews =
    val data = TextFiles.tsv(table).classification().filter(!_.input.text.isBlank)
    val told = new TrainingListener:
      override def evaluated(report: EpochReport): Unit = progress(report.toString)
    Reviews(tuner.head(labels*).loss(_.labelSmoothing(0.05)).listener(told).fit(data))

  def load(directory: Path): Reviews = Reviews(FineTuned.load(directory, classOf[Text]))

@main def fineTune(model: String, table: String): Unit =
  Using.resource(Reviews.learn(FineTuner.from(model).epochs(2), Path.of(table), println)): reviews =>
    println(s"accuracy ${reviews.accuracy}")
    println(reviews.judge("Broke after a day."))
    reviews.save(Path.of("my-model"))
