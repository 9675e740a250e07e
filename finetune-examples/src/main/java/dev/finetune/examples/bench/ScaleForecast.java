package dev.finetune.examples.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What {@link ScaleModel} expects of processes on machines of their own: the tables of docs/scale.md.
 *
 * @param cpu the step of BERT-base of one process alone, all of it trained
 * @param rows of each process
 * @param beside how many times as long a step takes beside another process on the same machine
 */
record ScaleForecast(ScaleModel cpu, int rows, double beside) {
    /** Of each process, where the steps of docs/scale.md were measured. */
    static final int ROWS = 8;

    /** But for the table of words, of which only the rows that occur travel: these are some 6 MB of it. */
    static final double BYTES_OF_ALL = 350e6;

    /** With the whole table of words, as on GPUs. */
    private static final double BYTES_WITH_TABLE = 437.9e6;

    /** Rank 8 on queries and values of 32 layers of 4,096. */
    private static final double BYTES_OF_LARGE_LORA = 32 * 2 * 2 * 8 * 4096 * 4.0;

    /** The matrices of BERT-base, each of which travels by itself. */
    private static final int PIECES = 90;

    /** The same on a GPU, from which all are copied in pieces of 26 MB. */
    private static final int PIECES_PUT_TOGETHER = 17;

    private static final int PIECES_AT_ONCE = 2;

    /** Assumed of a message, in seconds: between machines, and within one of GPUs. */
    private static final double MESSAGE = 50e-6;

    private static final double MESSAGE_WITHIN = 5e-6;

    /** Of a processor, in seconds, where as much leaves a machine as there is; measured. */
    private static final double GLOO_WORK = 0.3;

    /** What Gloo moves by its processor time: 437.9 MB in 463 ms, measured. */
    private static final double GLOO_BYTES_A_SECOND = 0.95e9;

    /** Bytes a second of a gigabit. */
    private static final double GIGABIT = 1e9 / 8;

    private static final double NVLINK_BYTES_A_SECOND = 450e9;

    /** BERT-base on an H100, 16 rows of 128 tokens in bfloat16, in seconds; measured. */
    private static final double STEP_OF_H100 = 11.8e-3;

    /** Four operations for each of 6.74 billion parameters and 2,048 tokens at 400 TFLOP/s, in seconds; assumed. */
    private static final double STEP_OF_LARGE_LORA = 4 * 6.74e9 * 2048 / 400e12;

    private static final List<Integer> PROCESSES = List.of(8, 64, 512);

    /** By the steps that docs/scale.md shows: 5,513 ms alone, 2,893 ms with half the rows, 5,625 ms beside another process. */
    static ScaleForecast measured() {
        return new ScaleForecast(ScaleModel.of(ROWS, 5.513, 2.893), ROWS, 5.625 / 5.513);
    }

    /** Every line, of text or of a table. */
    List<String> lines() {
        return Stream.of(
                        List.of("BERT-base, all of it, two machines that are one, a CPU core each:"),
                        twoMachines(),
                        List.of("BERT-base, all of it, a CPU core a process, times one process's samples/s:"),
                        onCpus(),
                        List.of("BERT-base, all of it, an H100 a process:"),
                        onGpus(STEP_OF_H100, BYTES_WITH_TABLE, PIECES_PUT_TOGETHER),
                        List.of("LoRA of rank 8 on a Llama of 7 billion parameters, a GPU a process:"),
                        onGpus(STEP_OF_LARGE_LORA, BYTES_OF_LARGE_LORA, 1))
                .flatMap(List::stream)
                .toList();
    }

    /** A step in milliseconds by the rate of the link. */
    List<String> twoMachines() {
        return Stream.concat(
                        Stream.of("| link | the model |", "| --- | --- |"),
                        Stream.of(link("1 Gbit/s", GIGABIT), link("200 Mbit/s", GIGABIT / 5)))
                .toList();
    }

    private String link(String name, double bytesASecond) {
        return String.format(Locale.ROOT, "| %s | %,.0f ms |", name, 1e3 * during(cpu.slower(beside), 2, bytesASecond));
    }

    private double during(ScaleModel model, int processes, double bytesASecond) {
        final double exchange = ScaleModel.Exchange.ring(processes, bytesASecond, MESSAGE * PIECES / PIECES_AT_ONCE)
                .seconds(BYTES_OF_ALL);
        return model.during(rows, exchange, GLOO_WORK * ScaleModel.Exchange.travels(processes));
    }

    /** How many times one process's samples a second. */
    List<String> onCpus() {
        final double alone = cpu.compute(rows);
        return table(
                times("1 Gbit/s", alone, processes -> during(cpu, processes, GIGABIT)),
                times("10 and 100 Gbit/s (by Gloo)", alone, processes -> during(cpu, processes, GLOO_BYTES_A_SECOND)),
                hidden("100 Gbit/s, hidden", alone, BYTES_OF_ALL, 100 * GIGABIT, MESSAGE),
                hidden(
                        "450 GB/s each way, as NVLink, hidden",
                        alone,
                        BYTES_OF_ALL,
                        NVLINK_BYTES_A_SECOND,
                        MESSAGE_WITHIN));
    }

    /** The same where gradients are copied to main memory after the backward pass, and summed by Gloo. */
    private static List<String> onGpus(double alone, double bytes, int pieces) {
        final double messages = MESSAGE * Math.max(1.0, (double) pieces / PIECES_AT_ONCE);
        return table(
                times("1 Gbit/s", alone, processes -> alone + ring(processes, bytes, GIGABIT, messages)),
                times(
                        "10 and 100 Gbit/s (by Gloo)",
                        alone,
                        processes -> alone + ring(processes, bytes, GLOO_BYTES_A_SECOND, messages)),
                hidden("100 Gbit/s, hidden", alone, bytes, 100 * GIGABIT, MESSAGE),
                hidden("450 GB/s each way, as NVLink, hidden", alone, bytes, NVLINK_BYTES_A_SECOND, MESSAGE_WITHIN));
    }

    private static double ring(int processes, double bytes, double bytesASecond, double message) {
        return ScaleModel.Exchange.ring(processes, bytesASecond, message).seconds(bytes);
    }

    /** Limited by the wire alone: all travels as one message. */
    private static String hidden(String name, double alone, double bytes, double bytesASecond, double message) {
        return times(name, alone, processes -> Math.max(alone, ring(processes, bytes, bytesASecond, message)));
    }

    private static String times(String name, double alone, IntToDoubleFunction step) {
        return PROCESSES.stream()
                .map(processes -> number(processes * alone / step.applyAsDouble(processes)))
                .collect(Collectors.joining(" | ", "| " + name + " | ", " |"));
    }

    private static String number(double times) {
        return String.format(Locale.ROOT, times < 0.095 ? "%.2f" : times < 9.95 ? "%.1f" : "%.0f", times);
    }

    private static List<String> table(String... rows) {
        return Stream.concat(
                        Stream.of(
                                PROCESSES.stream()
                                        .map(Object::toString)
                                        .collect(Collectors.joining(" | ", "| network of a machine | ", " |")),
                                "| --- | --- | --- | --- |"),
                        Stream.of(rows))
                .toList();
    }
}
