package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A response's body, read by one thread, that doesn't wait for ever: a stream of the JDK's client has no read time-out.
 */
final class TimedBody implements HttpResponse.BodySubscriber<TimedBody>, AutoCloseable {
    private static final int AHEAD = 16;

    private final Duration timeout;
    private final int least;
    private long waited;
    private long received;
    private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean closed;
    private boolean ended;

    private sealed interface Signal {}

    private record Bytes(List<ByteBuffer> buffers) implements Signal {}

    private record Failed(Throwable cause) implements Signal {}

    private record End() implements Signal {}

    /** A body that counts as silent where it lets us wait for the time-out with fewer bytes than the least. */
    TimedBody(HubPatience patience) {
        this.timeout = patience.readTimeout();
        this.least = patience.leastBytes();
    }

    @Override
    public CompletionStage<TimedBody> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription source) {
        subscription = source;
        if (closed) {
            source.cancel();
        } else {
            source.request(AHEAD);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        signals.add(new Bytes(buffers));
    }

    @Override
    public void onError(Throwable cause) {
        signals.add(new Failed(cause));
    }

    @Override
    public void onComplete() {
        signals.add(new End());
    }

    /**
     * The next bytes, or an empty list at the end.
     *
     * @throws HttpTimeoutException if the server is silent for too long
     * @throws IOException if the connection is lost before the announced end
     */
    List<ByteBuffer> next() throws IOException, InterruptedException {
        if (ended) {
            return List.of();
        }
        long start = System.nanoTime();
        Signal signal = signals.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
        waited += System.nanoTime() - start;
        if (signal == null) {
            throw new HttpTimeoutException("the server sent nothing for " + timeout.toMillis() + " ms");
        }
        if (signal instanceof Bytes bytes) {
            received +=
                    bytes.buffers().stream().mapToLong(ByteBuffer::remaining).sum();
            requirePace();
            Flow.Subscription source = subscription;
            if (source != null) {
                source.request(1);
            }
            return bytes.buffers();
        }
        ended = true;
        if (signal instanceof Failed failed) {
            throw new IOException("the connection was lost", failed.cause());
        }
        return List.of();
    }

    private void requirePace() throws HttpTimeoutException {
        if (received >= least) {
            waited = 0;
            received = 0;
        } else if (waited > timeout.toNanos()) {
            throw new HttpTimeoutException("the server sent no more than " + received + " bytes in "
                    + timeout.toMillis() + " ms; expected at least " + least);
        }
    }

    /**
     * The whole body.
     *
     * @param source where it comes from, for messages
     * @throws FinetuneException if it is longer than the limit
     * @throws HttpTimeoutException if it isn't whole after ten times the time-out, or the server is silent
     */
    byte[] all(int limit, String source) throws IOException, InterruptedException {
        long end = System.nanoTime() + 10 * timeout.toNanos();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (List<ByteBuffer> buffers = next(); !buffers.isEmpty(); buffers = next()) {
            for (ByteBuffer buffer : buffers) {
                byte[] part = new byte[buffer.remaining()];
                buffer.get(part);
                bytes.write(part, 0, part.length);
            }
            if (bytes.size() > limit) {
                throw new FinetuneException("The answer of " + source + " is longer than " + limit
                        + " bytes; that is the limit (HubLimits.jsonBytes).");
            }
            if (System.nanoTime() > end) {
                throw new HttpTimeoutException("the answer wasn't whole after "
                        + timeout.multipliedBy(10).toMillis() + " ms");
            }
        }
        return bytes.toByteArray();
    }

    /** Stops receiving; a connection with an unread rest is given up. */
    @Override
    public void close() {
        closed = true;
        Flow.Subscription source = subscription;
        if (source != null) {
            source.cancel();
        }
    }
}
