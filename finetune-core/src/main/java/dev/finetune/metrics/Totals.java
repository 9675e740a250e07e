package dev.finetune.metrics;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Adds up what several processes counted, each over its part of the same data. All ask for the same totals in the same order, and
 * get the same to the bit: numbers are added in the order of the processes.
 */
public final class Totals {
    private final Function<byte[], List<byte[]>> gather;

    /**
     * Totals over what a function gathers.
     *
     * @param gather given what a process says, what all say, in the order of the processes
     */
    public Totals(Function<byte[], List<byte[]>> gather) {
        this.gather = gather;
    }

    /**
     * {@return the sum over all processes}
     *
     * @param own this process's
     */
    public long of(long own) {
        return of(new long[] {own})[0];
    }

    /**
     * {@return the sum over all processes}
     *
     * @param own this process's
     */
    public double of(double own) {
        return of(new double[] {own})[0];
    }

    /**
     * {@return the sums over all processes, element by element}
     *
     * @param own this process's, as many as any other's
     */
    public long[] of(long... own) {
        final ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * own.length);
        bytes.asLongBuffer().put(own);
        final long[] sums = new long[own.length];
        for (byte[] each : gather.apply(bytes.array())) {
            final ByteBuffer read = ByteBuffer.wrap(each);
            Arrays.setAll(sums, i -> sums[i] + read.getLong(i * Long.BYTES));
        }
        return sums;
    }

    /**
     * {@return the sums over all processes, element by element}
     *
     * @param own this process's, as many as any other's
     */
    public double[] of(double... own) {
        final double[] sums = new double[own.length];
        for (double[] each : all(own)) {
            Arrays.setAll(sums, i -> sums[i] + each[i]);
        }
        return sums;
    }

    /**
     * {@return the numbers of all processes, one after the other}
     *
     * @param own this process's, any number of them
     */
    public double[] joined(double... own) {
        return all(own).stream().flatMapToDouble(Arrays::stream).toArray();
    }

    /**
     * {@return the sums over all processes by name, element by element; also of names that this process doesn't have}
     *
     * @param own this process's
     */
    public Map<String, long[]> of(Map<String, long[]> own) {
        final ByteBuffer bytes = ByteBuffer.allocate(own.entrySet().stream()
                .mapToInt(entry -> 2 * Integer.BYTES
                        + entry.getKey().getBytes(StandardCharsets.UTF_8).length
                        + Long.BYTES * entry.getValue().length)
                .sum());
        own.forEach((name, counts) -> {
            final byte[] text = name.getBytes(StandardCharsets.UTF_8);
            bytes.putInt(text.length).put(text).putInt(counts.length);
            Arrays.stream(counts).forEach(bytes::putLong);
        });
        final Map<String, long[]> sums = new TreeMap<>();
        for (byte[] each : gather.apply(bytes.array())) {
            add(ByteBuffer.wrap(each), sums);
        }
        return sums;
    }

    private static void add(ByteBuffer read, Map<String, long[]> sums) {
        while (read.hasRemaining()) {
            final byte[] text = new byte[read.getInt()];
            read.get(text);
            final int count = read.getInt();
            final long[] sum = sums.computeIfAbsent(new String(text, StandardCharsets.UTF_8), name -> new long[count]);
            for (int i = 0; i < count; i++) {
                sum[i] += read.getLong();
            }
        }
    }

    private List<double[]> all(double... own) {
        final ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * own.length);
        bytes.asDoubleBuffer().put(own);
        final List<double[]> all = new ArrayList<>();
        for (byte[] each : gather.apply(bytes.array())) {
            final double[] numbers = new double[each.length / Double.BYTES];
            ByteBuffer.wrap(each).asDoubleBuffer().get(numbers);
            all.add(numbers);
        }
        return all;
    }
}
