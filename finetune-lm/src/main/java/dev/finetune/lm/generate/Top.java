package dev.finetune.lm.generate;

import java.util.Arrays;

/** The places of the largest of many numbers, the largest first; of equal ones, the one that comes first. Not thread-safe. */
final class Top {
    private final float[] values;
    private final long[] places;
    private int size;

    Top(int most) {
        values = new float[most];
        places = new long[most];
    }

    /** Takes a number in, if it is among the largest so far. */
    void add(float value, long place) {
        if (size == values.length && !(value > values[size - 1])) {
            return;
        }
        int at = size < values.length ? size++ : size - 1;
        for (; at > 0 && values[at - 1] < value; at--) {
            values[at] = values[at - 1];
            places[at] = places[at - 1];
        }
        values[at] = value;
        places[at] = place;
    }

    /** The places of the largest of some numbers. */
    static int[] of(float[] numbers, int most) {
        final Top top = new Top(most);
        for (int i = 0; i < numbers.length; i++) {
            top.add(numbers[i], i);
        }
        return Arrays.stream(top.places()).mapToInt(Math::toIntExact).toArray();
    }

    float[] values() {
        return Arrays.copyOf(values, size);
    }

    long[] places() {
        return Arrays.copyOf(places, size);
    }
}
