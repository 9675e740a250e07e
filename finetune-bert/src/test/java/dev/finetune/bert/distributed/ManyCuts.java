package dev.finetune.bert.distributed;

import dev.finetune.bert.start.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Takes the network from one of several machines at random moments of a training, for a moment or for longer than a process may be silent,
 * or stops all that runs there, again and again; looks whether the processes go on or end in time and name whom they lost, and whether
 * they come to the weights of a training that nothing happened to. A main: {@code ManyCuts [times] [seed]}; wants Linux, root and iproute2.
 */
public final class ManyCuts {
    private static final int PROCESSES = 3;
    private static final int TIMEOUT = 4;
    private static final int EPOCHS = 60;

    /** From the first step on. */
    private static final int LONGEST_MILLIS = 2500;

    private static final int MOMENT_MILLIS = 1500;
    private static final String LONGER = "longer";
    private static final String CHECKPOINTS = "checkpoints";

    private enum Event {
        MOMENT,
        CUT,
        CUT_AND_BACK,
        STOP,
        STOP_AND_ON
    }

    private final OwnMachines machines;
    private final Random random;
    private final Path scratch = Files.createTempDirectory("cuts");
    private final Map<String, Integer> outcomes = new TreeMap<>();
    private int slowest;

    private ManyCuts(OwnMachines machines, long seed) throws IOException {
        this.machines = machines;
        this.random = new Random(seed);
    }

    /** Ends with 1 where other weights come out. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        final int times = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 50;
        final long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 1;
        boolean good = true;
        try (OwnMachines machines = new OwnMachines(PROCESSES)) {
            final ManyCuts all = new ManyCuts(machines, seed);
            final String expected =
                    results(all.start(all.scratch, LONGER), LONGER).get(0);
            for (int time = 1; time <= times && good; time++) {
                good = all.round(time, expected);
            }
            System.out.printf("%s; those that ended did so within %d s%n", all.outcomes, all.slowest);
        }
        System.exit(good ? 0 : 1);
    }

    private boolean round(int time, String expected) throws IOException, InterruptedException {
        final Path folder = Files.createTempDirectory(scratch, "run");
        final List<ChildJvm> all = start(folder, CHECKPOINTS);
        while (!all.get(0).output().contains("step 1\n")) {
            Thread.sleep(5);
        }
        Thread.sleep(random.nextInt(LONGEST_MILLIS));
        final int rank = random.nextInt(PROCESSES);
        final Event event = Event.values()[random.nextInt(Event.values().length)];
        final long begin = System.nanoTime();
        happen(event, rank);
        final List<String> said = new ArrayList<>();
        for (int other = 0; other < PROCESSES; other++) {
            if (other != rank || event != Event.STOP) {
                said.add(all.get(other).end().output());
            }
        }
        final int seconds = (int) TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
        machines.run(rank, true);
        machines.plug(rank, true);
        for (ChildJvm process : all) {
            process.kill();
        }
        final boolean over = said.stream().anyMatch(each -> each.contains(CHECKPOINTS + " ended with: "));
        String outcome;
        List<String> results;
        if (over) {
            slowest = Math.max(slowest, seconds);
            final long named = said.stream()
                    .filter(each ->
                            each.contains(CHECKPOINTS + " ended with: Process ") && each.contains(" was lost: "))
                    .count();
            outcome = named == said.size()
                    ? "lost, told by all"
                    : "lost, told by " + named + " of " + said.size() + " " + said;
            results = results(start(folder, CHECKPOINTS), CHECKPOINTS);
        } else {
            outcome = "went on";
            results = said.stream().map(each -> result(each, CHECKPOINTS)).toList();
        }
        final boolean good = results.stream().allMatch(expected::equals);
        outcomes.merge(event + ": " + (outcome.length() > 40 ? outcome.substring(0, 23) : outcome), 1, Integer::sum);
        System.out.printf(
                "%d: process %d %s, %s, after %d s, %s%n",
                time, rank, event, outcome, seconds, good ? "the same" : "OTHERS: " + results + expected);
        return good;
    }

    private void happen(Event event, int rank) throws IOException, InterruptedException {
        switch (event) {
            case MOMENT -> {
                machines.plug(rank, false);
                Thread.sleep(random.nextInt(MOMENT_MILLIS));
                machines.plug(rank, true);
            }
            case CUT -> machines.plug(rank, false);
            case CUT_AND_BACK -> {
                machines.plug(rank, false);
                TimeUnit.SECONDS.sleep(TIMEOUT + 1);
                machines.plug(rank, true);
            }
            case STOP -> machines.run(rank, false);
            case STOP_AND_ON -> {
                machines.run(rank, false);
                TimeUnit.SECONDS.sleep(TIMEOUT + 1);
                machines.run(rank, true);
            }
        }
    }

    private List<ChildJvm> start(Path folder, String job) throws IOException {
        final Map<String, String> environment = SharedFit.environment(job, folder, TIMEOUT);
        environment.put(SharedFit.EPOCHS, Integer.toString(EPOCHS));
        return machines.start(folder, environment, SharedFit.class);
    }

    private static List<String> results(List<ChildJvm> all, String job) throws IOException, InterruptedException {
        final List<String> results = new ArrayList<>();
        for (ChildJvm process : all) {
            results.add(result(process.end().output(), job));
        }
        return results;
    }

    private static String result(String said, String job) {
        return said.lines()
                .filter(line -> line.startsWith(job + ": "))
                .map(line -> line.substring(job.length() + 2))
                .findFirst()
                .orElse(said);
    }
}
