package dev.finetune.hub;

import java.io.IOException;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The server answered, but asks to be asked again: 408, 429, 5xx. */
final class RetryableResponse extends IOException {
    private static final long serialVersionUID = 1L;

    /** The draft "RateLimit" header, as the hub sends it: {@code "api";r=0;t=55}: r requests left, t seconds to wait. */
    private static final Pattern RATE_LIMIT = Pattern.compile("r\\s*=\\s*0\\s*;\\s*t\\s*=\\s*(\\d{1,9})");

    private final transient Optional<Duration> wait;

    RetryableResponse(String message, HttpHeaders headers) {
        super(message);
        this.wait = retryAfter(headers).or(() -> rateLimit(headers));
    }

    /** How long the server wants us to wait, if it says so. */
    Optional<Duration> waitAsked() {
        return wait;
    }

    private static Optional<Duration> retryAfter(HttpHeaders headers) {
        return headers.firstValue("Retry-After").map(String::strip).flatMap(text -> {
            if (text.matches("\\d{1,9}")) {
                return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
            }
            try {
                ZonedDateTime until = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
                Duration wait = Duration.between(ZonedDateTime.now(until.getZone()), until);
                return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
            } catch (DateTimeParseException e) {
                return Optional.empty();
            }
        });
    }

    private static Optional<Duration> rateLimit(HttpHeaders headers) {
        return headers.firstValue("RateLimit")
                .map(RATE_LIMIT::matcher)
                .filter(Matcher::find)
                .map(found -> Duration.ofSeconds(Long.parseLong(found.group(1))));
    }
}
