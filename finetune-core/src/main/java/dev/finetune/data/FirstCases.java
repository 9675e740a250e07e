package dev.finetune.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.TreeMap;

/** Cases that come in any order: all are counted, and the first few by their rows kept. */
final class FirstCases {
    private final TreeMap<Order, DataReport.Case> kept = new TreeMap<>();
    private long count;

    /**
     * Where a case was first seen.
     *
     * @param isValidation after all of train
     * @param process by their ranks
     * @param row in its part
     */
    record Order(boolean isValidation, int process, int row) implements Comparable<Order> {
        private static final Comparator<Order> BY_PLACE = Comparator.comparing(Order::isValidation)
                .thenComparing(Order::process)
                .thenComparing(Order::row);

        @Override
        public int compareTo(Order other) {
            return BY_PLACE.compare(this, other);
        }
    }

    void add(Order order, DataReport.Case one) {
        count++;
        kept.put(order, one);
        if (kept.size() > DataSurvey.KEPT) {
            kept.pollLastEntry();
        }
    }

    Cases cases() {
        return Cases.of(count, new ArrayList<>(kept.values()), DataSurvey.KEPT);
    }
}
