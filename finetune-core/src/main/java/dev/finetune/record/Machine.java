package dev.finetune.record;

import java.util.Optional;

/**
 * Where and when a fit was computed.
 *
 * @param started when, as ISO 8601 writes it, in UTC
 * @param device "the CPU" or "a GPU"
 * @param threads how many compute
 * @param processors how many there are
 * @param system the operating system and its processor
 * @param java its version
 * @param libtorch its version
 * @param library the version of this library; empty where it doesn't come from a jar
 * @param encodingSeconds how long it took to encode the data
 * @param outcomesSeconds how long it took to predict the validation data once more, for the report
 * @param peakMegabytes the most memory that the process has had; empty where the system doesn't tell
 */
public record Machine(
        String started,
        String device,
        int threads,
        int processors,
        String system,
        String java,
        String libtorch,
        Optional<String> library,
        double encodingSeconds,
        double outcomesSeconds,
        Optional<Long> peakMegabytes) {}
