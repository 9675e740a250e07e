package dev.finetune.data;

import java.util.List;

/**
 * What occurs more than once.
 *
 * @param shared inputs in both train and validation
 * @param conflicting inputs with different labels
 * @param duplicated inputs more than once in train
 */
record RepeatedInputs(Cases shared, Cases conflicting, Cases duplicated) {
    static RepeatedInputs of(Repeats<?> repeats) {
        return new RepeatedInputs(all(repeats.shared()), all(repeats.conflicting()), all(repeats.duplicated()));
    }

    private static Cases all(List<DataReport.Case> cases) {
        return Cases.of(cases.size(), cases, cases.size());
    }
}
