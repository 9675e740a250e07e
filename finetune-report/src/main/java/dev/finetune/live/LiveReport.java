package dev.finetune.live;

import dev.finetune.error.FinetuneException;
import dev.finetune.html.LivePage;
import dev.finetune.record.FitRecord;
import dev.finetune.spi.FitWatcher;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Shows a fit in a browser while it goes on, as the page that {@link dev.finetune.FineTuner#report} writes, made of what is known
 * so far:
 *
 * <pre>{@code
 * FineTuner.from("bert-base-uncased").head(2).listener(LiveReport.on(0)).fit(train, validation);
 * }</pre>
 *
 * <p>The page is served by this process on 127.0.0.1 alone and renews itself every few seconds, without JavaScript, too. It isn't
 * made unless somebody looks, and never on the thread that trains. When the fit is over the last page says so, and nothing listens
 * any more; where somebody was looking, that page is waited for, five seconds at most. Every user of this machine can see it, with
 * rows of the data in findings.
 *
 * <p>Shows one fit at a time; the same one may show the next.
 */
public final class LiveReport implements FitWatcher {
    private static final int MOST_PORTS = 65_535;
    private static final Duration LAST_LOOK = Duration.ofSeconds(5);

    private final int port;
    private final Consumer<URI> told;
    private final Duration lastLook;
    private volatile @Nullable LiveServer server;
    private volatile @Nullable LiveCourse course;

    private LiveReport(int port, Consumer<URI> told, Duration lastLook) {
        this.port = port;
        this.told = told;
        this.lastLook = lastLook;
    }

    /**
     * {@return what shows a fit on a port of 127.0.0.1, whose address it prints on standard error}
     *
     * @param port from 1 to 65535, or 0 for any that is free
     * @throws FinetuneException if it lies outside
     */
    public static LiveReport on(int port) {
        if (port < 0 || port > MOST_PORTS) {
            throw new FinetuneException("LiveReport.on(" + port + "): expected a port from 1 to " + MOST_PORTS
                    + ", or 0 for any that is free.");
        }
        return new LiveReport(port, address -> System.err.println("This training is shown at " + address), LAST_LOOK);
    }

    /**
     * {@return the same that tells its address to somebody else, in place of printing it}
     *
     * @param told is given the address when a fit begins
     */
    public LiveReport opened(Consumer<URI> told) {
        return new LiveReport(port, Objects.requireNonNull(told, "told"), lastLook);
    }

    /** The same that waits so long at most for the last page to be seen. */
    LiveReport waiting(Duration time) {
        return new LiveReport(port, told, time);
    }

    @Override
    public void opening() {
        final LiveServer opened = opened();
        boolean isTold = false;
        try {
            told.accept(opened.address());
            isTold = true;
        } finally {
            if (!isTold) {
                closing();
            }
        }
    }

    private synchronized LiveServer opened() {
        if (server != null) {
            throw new FinetuneException("This LiveReport shows another fit just now, and shows one at a time: make one"
                    + " for each of several that train at once.");
        }
        final LiveServer opened = LiveServer.open(port);
        server = opened;
        return opened;
    }

    @Override
    public void begins(FitRecord fit) {
        Objects.requireNonNull(fit, "fit");
        final LiveCourse begun = new LiveCourse(fit, System::nanoTime);
        course = begun;
        open().show(() -> LivePage.of(begun.now(), begun.state()));
    }

    private LiveServer open() {
        final LiveServer shown = server;
        if (shown == null) {
            throw new IllegalStateException("no fit is under way");
        }
        return shown;
    }

    @Override
    public void started(Plan plan) {
        course().ifPresent(known -> known.started(plan));
    }

    @Override
    public void resumed(Path checkpoint, long step, List<EpochReport> evaluations) {
        course().ifPresent(known -> known.resumed(step, evaluations));
    }

    /** Throws what the page couldn't be made for, so that the one who trains tells it, and trains on. */
    @Override
    public void stepped(StepReport report) {
        course().ifPresent(known -> known.stepped(report));
        final LiveServer shown = server;
        if (shown != null) {
            shown.takeFailure().ifPresent(e -> {
                throw new IllegalStateException("The live page couldn't be made: " + e, e);
            });
        }
    }

    @Override
    public void evaluated(EpochReport report) {
        course().ifPresent(known -> known.evaluated(report));
        final LiveServer shown = server;
        if (shown != null) {
            shown.renew();
        }
    }

    @Override
    public void warned(String message) {
        course().ifPresent(known -> known.warned(message));
    }

    private Optional<LiveCourse> course() {
        return Optional.ofNullable(course);
    }

    @Override
    public void ended(FitRecord fit) {
        Objects.requireNonNull(fit, "fit");
        open().showLast(() -> LivePage.ofEnded(fit), lastLook);
    }

    @Override
    public void closing() {
        final LiveServer last;
        synchronized (this) {
            last = server;
            server = null;
            course = null;
        }
        if (last != null) {
            last.close();
        }
    }
}
