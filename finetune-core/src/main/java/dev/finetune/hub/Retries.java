package dev.finetune.hub;

import java.io.IOException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tries again, later and later, what failed for a passing reason. */
record Retries(HubPatience patience, Sleeper pause) {
    private static final Logger log = LoggerFactory.getLogger(Hub.class);
    private static final double LONGEST_BACK_OFF_MILLIS = 30_000;

    /** One try; an IOException means that another may succeed. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException, InterruptedException;
    }

    /** Runs the attempt until it succeeds, or throws its last failure. */
    <T> T run(String what, Attempt<T> attempt) throws IOException, InterruptedException {
        for (int failures = 1; ; failures++) {
            try {
                return attempt.run();
            } catch (IOException e) {
                waitAfter(what, failures, e);
            }
        }
    }

    /** Waits after the given number of failures in a row, or throws the failure if it was one too many. */
    void waitAfter(String what, int failures, IOException failure) throws IOException, InterruptedException {
        Optional<Duration> asked = failure instanceof RetryableResponse later ? later.waitAsked() : Optional.empty();
        boolean hopeless = failure instanceof SSLHandshakeException || failure instanceof SSLPeerUnverifiedException;
        boolean tooLong =
                asked.filter(wait -> wait.compareTo(patience.longestWait()) > 0).isPresent();
        if (hopeless || tooLong || failures > patience.maxRetries()) {
            throw new GaveUp(what, failure);
        }
        Duration backOff = backOff(failures);
        Duration wait = asked.filter(least -> least.compareTo(backOff) > 0).orElse(backOff);
        log.info(
                "{} failed ({}); retry {} of {} in {} ms",
                what,
                reason(failure),
                failures,
                patience.maxRetries(),
                wait.toMillis());
        pause.of(wait);
    }

    /** backOff × 2^(failures - 1), at most 30 seconds, times a random factor from 0.5 to 1. */
    private Duration backOff(int failures) {
        double doubled = (double) patience.backOff().toMillis() * Math.pow(2, failures - 1);
        double capped = Math.min(doubled, LONGEST_BACK_OFF_MILLIS);
        return Duration.ofMillis(Math.round(capped * ThreadLocalRandom.current().nextDouble(0.5, 1)));
    }

    private static boolean isAboutTrust(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException || cause instanceof CertPathBuilderException) {
                return true;
            }
        }
        return false;
    }

    /** What failed, in a few words. */
    static String reason(IOException failure) {
        String kind = failure.getClass().getSimpleName();
        if (failure instanceof RetryableResponse || failure instanceof GaveUp || failure.getMessage() == null) {
            return failure.getMessage() == null ? kind : failure.getMessage();
        }
        if (isAboutTrust(failure)) {
            return "the server's certificate isn't one to trust: no authority that this Java knows signed it, it is for"
                    + " another host, or its time is over (" + SafeName.printable(failure.getMessage())
                    + "). Where a proxy of your own stands in between, put its certificate into the trust store"
                    + " (-Djavax.net.ssl.trustStore); else somebody may pretend to be the hub";
        }
        return kind + ": " + failure.getMessage();
    }
}
