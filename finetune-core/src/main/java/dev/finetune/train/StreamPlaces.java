package dev.finetune.train;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Where in a stream the rows of batches stand that are still in use, for errors. Thread-safe. */
final class StreamPlaces {
    private final List<Flight> flights = new ArrayList<>();

    /** A batch's rows, and their numbers in the stream. */
    private record Flight(WeakReference<HostBatch> batch, long[] numbers) {
        /** The number of a row, if this batch holds it. */
        Optional<Long> of(Encoded row) {
            final HostBatch held = batch.get();
            for (int i = 0; held != null && i < numbers.length; i++) {
                if (isSame(held.rows().get(i), row)) {
                    return Optional.of(numbers[i]);
                }
            }
            return Optional.empty();
        }

        @SuppressWarnings("ReferenceEquality") // Two rows of a stream may be equal.
        private static boolean isSame(Encoded one, Encoded other) {
            return one == other;
        }
    }

    /** Remembers a batch for as long as someone else does. */
    synchronized void add(HostBatch batch, long[] numbers) {
        flights.removeIf(flight -> flight.batch.get() == null);
        flights.add(new Flight(new WeakReference<>(batch), numbers));
    }

    /** Which rows a batch, or a part of one, holds. */
    synchronized String describe(HostBatch batch) {
        final List<Long> numbers = batch.rows().stream()
                .flatMap(row -> flights.stream()
                        .flatMap(flight -> flight.of(row).stream())
                        .limit(1))
                .sorted()
                .toList();
        return numbers.size() < batch.size()
                ? "a batch of " + batch.size() + " rows"
                : "the batch of rows " + numbers.stream().map(String::valueOf).collect(Collectors.joining(", "))
                        + " of the stream (counted from 0)";
    }
}
