package dev.finetune.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
    private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean closed;
    private boolean ended;

    private sealed interface Signal {}

    private record Bytes(List<ByteBuffer> buffers) implements Signal {}

    private record Failed(Throwable cause) implements Signal {}

    private record End() implements Signal {}

    TimedBody(Duration timeout) {
        this.timeout = timeout;
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
        Signal signal = signals.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
        if (signal == null) {
            throw new HttpTimeoutException("the server sent nothing for " + timeout.toMillis() + " ms");
        }
        if (signal instanceof Bytes bytes) {
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

    /** The whole body as UTF-8. */
    String text(int limit) throws IOException, InterruptedException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (List<ByteBuffer> buffers = next(); !buffers.isEmpty(); buffers = next()) {
            for (ByteBuffer buffer : buffers) {
                byte[] part = new byte[buffer.remaining()];
                buffer.get(part);
                bytes.write(part, 0, part.length);
            }
            if (bytes.size() > limit) {
                throw new IOException("the answer is longer than " + limit + " bytes");
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
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
