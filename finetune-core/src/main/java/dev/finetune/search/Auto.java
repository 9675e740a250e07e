package dev.finetune.search;

import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * Chooses learning rate, epochs, freezing and batch size for a data set within a time, trains with them, and explains the
 * choice:
 *
 * <pre>{@code
 * AutoResult<Text> chosen = Auto.of(tuner).within(Duration.ofMinutes(10)).fit(train, validation);
 * }</pre>
 *
 * <p>The tuner's settings as they are are always tried first, and kept unless others are better by more than chance; where
 * one training with them takes more than 0.4 of the time, they learn for a tenth of it, as does the rate that a range test
 * suggests, and the one with the lower validation loss gets the rest. Little data is compared by cross-validation, more by a
 * part that is held back. The time is kept to about a training.
 *
 * <p>Compared by the task's main metric, or by the one that {@link FineTuner#keepBest(String)} or {@link
 * FineTuner#earlyStopping} names. A number of {@link FineTuner#maxSteps} holds for all that is tried, and {@link
 * FineTuner#maxTime} for each training. Cancelled ({@link FineTuner#cancellation}), it gives the best model by then.
 */
public final class Auto {
    private final FineTuner tuner;
    private final Duration budget;
    private final Optional<Path> report;

    private Auto(FineTuner tuner, Duration budget, Optional<Path> report) {
        this.tuner = tuner;
        this.budget = budget;
        this.report = report;
    }

    /**
     * Starts from a tuner.
     *
     * @param tuner the settings to start from
     * @return what still has to be told how long it may take
     */
    public static Settings of(FineTuner tuner) {
        Objects.requireNonNull(tuner, "tuner");
        return new Settings(tuner);
    }

    /** What to start from, yet without a time. */
    public static final class Settings {
        private final FineTuner tuner;

        private Settings(FineTuner tuner) {
            this.tuner = tuner;
        }

        /**
         * Says how long it may take.
         *
         * @param budget above 0
         * @return the tuning, yet without data
         * @throws FinetuneException if the time isn't above 0, or if the tuner writes or reads checkpoints: what is tried
         *     depends on how fast the machine is just then, so that it can't go on from one; or if it writes a report, which is
         *     of one training
         */
        public Auto within(Duration budget) {
            Objects.requireNonNull(budget, "budget");
            if (budget.isZero() || budget.isNegative()) {
                throw new FinetuneException("The time that Auto is given, within(...), must be above 0, but is "
                        + budget + ": say how long it may take, as in Duration.ofMinutes(10).");
            }
            if (tuner.checkpoints().isPresent()) {
                throw new FinetuneException(
                        "Auto depends on how fast the machine is just then, so that it can't go on from a checkpoint:"
                                + " leave checkpoints(...) and resumeFrom(...) out, or use fit(...) or Search with a file.");
            }
            if (tuner.processes().isPresent()) {
            throw new FinetuneException("distributed(...) shares one training among processes, and Auto trains many: leave it"
                    + " out there.");
        }
        if (tuner.report().isPresent()) {
                throw new FinetuneException(
                        "report(...) shows the training of one model, and Auto trains several: say it"
                                + " after within(...), which has a page of its own.");
            }
            return new Auto(tuner, budget, Optional.empty());
        }
    }

    /**
     * Writes, when it has ended, a page of HTML that shows what was chosen and why, all that was tried, and how long it took. A page
     * that can't be written then is warned of.
     *
     * <p>Needs the artifact dev.finetune:finetune-report.
     *
     * @param page a file that ends with .html, replaced if it is there; its folders are made. A place where none can be written is
     *     refused before anything is trained
     * @return a new tuning with that setting
     */
    public Auto report(Path page) {
        Objects.requireNonNull(page, "page");
        return new Auto(tuner, budget, Optional.of(page));
    }

    /**
     * Tunes; a part of much data is held back to compare on, and little data is cross-validated.
     *
     * @param <I> the kind of input
     * @param dataset labelled examples
     * @return the best model, to be closed by the caller, with its settings and the reasons for them
     * @throws FinetuneException if settings, model and data don't fit together, if the data is a stream, or if nothing came
     *     to a result before the time was up or it was cancelled
     */
    public <I> AutoResult<I> fit(Dataset<I> dataset) {
        Objects.requireNonNull(dataset, "dataset");
        final Optional<SearchPage> page = report.map(file -> new SearchPage(file, dataset, Optional.empty()));
        return shown(AutoRun.fit(tuner, dataset, budget()), page);
    }

    /**
     * Tunes, comparing on validation data.
     *
     * @param <I> the kind of input
     * @param train labelled examples to learn from
     * @param validation labelled examples to evaluate on, which are not learned from
     * @return as {@link #fit(Dataset)}
     * @throws FinetuneException as {@link #fit(Dataset)}
     */
    public <I> AutoResult<I> fit(Dataset<I> train, Dataset<I> validation) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(validation, "validation");
        final Optional<SearchPage> page = report.map(file -> new SearchPage(file, train, Optional.of(validation)));
        return shown(AutoRun.fit(tuner, train, validation, budget()), page);
    }

    private <I> AutoResult<I> shown(AutoResult<I> result, Optional<SearchPage> page) {
        page.ifPresent(file -> file.write(result, tuner, budget));
        return result;
    }

    private TimeBudget budget() {
        return new TimeBudget(budget, tuner.cancellation(), System::nanoTime);
    }
}
