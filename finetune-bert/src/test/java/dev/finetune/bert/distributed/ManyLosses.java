package dev.finetune.bert.distributed;

import dev.finetune.bert.start.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Kills or stops one of several processes at random moments, again and again, starts them anew each time, and looks whether they come to
 * the weights of a training that nothing happened to, and whether the others ended in time. A main: {@code ManyLosses [times] [seed]}.
 */
public final class ManyLosses {
    private static final int PROCESSES = 3;
    private static final int TIMEOUT = 4;
    private static final int LONGEST_MILLIS = 9000;

    private ManyLosses() {}

    /** Ends with 1 where they don't. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        final int times = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 50;
        final Random random = new Random(arguments.length > 1 ? Long.parseLong(arguments[1]) : 1);
        final Path scratch = Files.createTempDirectory("losses");
        final String expected = result(start(scratch, "longer"), "longer: ");
        int lost = 0;
        int slowest = 0;
        for (int time = 1; time <= times; time++) {
            final Path folder = Files.createTempDirectory(scratch, "run");
            final List<ChildJvm> all = start(folder, "checkpoints");
            Thread.sleep(random.nextInt(LONGEST_MILLIS));
            final int rank = random.nextInt(PROCESSES);
            final boolean stop = random.nextInt(4) == 0;
            final long begin = System.nanoTime();
            if (stop) {
                new ProcessBuilder("kill", "-STOP", Long.toString(all.get(rank).pid()))
                        .start()
                        .waitFor();
            } else {
                all.get(rank).kill();
            }
            int named = 0;
            for (int other = 0; other < PROCESSES; other++) {
                if (other != rank) {
                    final String said = all.get(other).end().output();
                    if (isNamed(rank, said)) {
                        named++;
                    } else {
                        System.out.printf("process %d said: %s%n", other, said);
                    }
                }
            }
            final int seconds = (int) TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
            all.get(rank).kill();
            slowest = Math.max(slowest, seconds);
            lost += named == PROCESSES - 1 ? 1 : 0;
            final String found = result(start(folder, "checkpoints"), "checkpoints: ");
            System.out.printf(
                    "%d: process %d %s, named by %d, the others ended after %d s, then %s%n",
                    time,
                    rank,
                    stop ? "stopped" : "killed",
                    named,
                    seconds,
                    found.equals(expected) ? "the same" : "OTHERS");
            if (!found.equals(expected)) {
                System.out.println(found + "\n" + expected);
                System.exit(1);
            }
        }
        System.out.printf(
                "%d of %d were named by all others, which ended within %d s; all came to the same bits%n",
                lost, times, slowest);
    }

    /** As lost, or, where it had not come yet, as one that doesn't come; by those that had heard of it. */
    private static boolean isNamed(int rank, String said) {
        return said.contains("Process " + rank + " was lost")
                || said.contains("has waited for") && said.contains("process " + rank)
                || rank == 0 && said.contains("to reach process 0");
    }

    private static List<ChildJvm> start(Path folder, String job) throws IOException {
        return OwnJvms.start(PROCESSES, folder, SharedFit.environment(job, folder, TIMEOUT), SharedFit.class);
    }

    /** What process 0 said in the end; the others have to have said the same. */
    private static String result(List<ChildJvm> all, String job) throws IOException, InterruptedException {
        String first = "";
        for (ChildJvm process : all) {
            final ChildJvm.Ended ended = process.end();
            final String said = ended.output()
                    .lines()
                    .filter(line -> line.startsWith(job))
                    .map(line -> line.substring(job.length()))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(ended.output()));
            if (!first.isEmpty() && !first.equals(said)) {
                throw new IllegalStateException("Processes differ: " + first + " and " + said);
            }
            first = said;
        }
        return first;
    }
}
