package dev.finetune.internal.saving;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Kills processes (SIGKILL) while their threads move files into place, each in a directory of its own, while threads of this
 * one read. Counts what is found in each directory after each kill, before anything of this library has looked (as another
 * program would; where there are no readers) and after; and what the readers found.
 */
final class ManyKills {
    private static final int AT_ONCE = 8;
    private static final Map<String, String> OLD = new TreeMap<>(Model.old().files());
    private static final Map<String, String> NEW = new TreeMap<>(Model.next().files());

    private final List<Path> directories;
    private final int longest;
    private final boolean alone;
    private final Random random = new Random(20);
    private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
    private volatile boolean reading = true;

    private ManyKills(Path folder, int longest, boolean alone) {
        this.directories = of(folder);
        this.longest = longest;
        this.alone = alone;
    }

    private static List<Path> of(Path folder) {
        return IntStream.range(0, AT_ONCE)
                .mapToObj(i -> folder.resolve("model-" + i))
                .toList();
    }

    /**
     * Kills.
     *
     * @param folder an empty one, on the file system to try
     * @param processes how many to kill
     * @param readers how many threads read meanwhile
     * @param longest the longest time in microseconds between the coming of the first directory's commit record and the kill
     * @return what was found how often
     */
    static Map<String, Integer> run(Path folder, int processes, int readers, int longest) throws Exception {
        final ManyKills kills = new ManyKills(folder, longest, readers == 0);
        for (Path directory : kills.directories) {
            new DirectorySave(directory, new Disk()).make(Model.old());
        }
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < readers; i++) {
            threads.add(new Thread(kills::readOn));
        }
        threads.forEach(Thread::start);
        for (int i = 0; i < processes; i++) {
            kills.kill(folder);
        }
        kills.reading = false;
        for (Thread thread : threads) {
            thread.join();
        }
        final Map<String, Integer> counts = new TreeMap<>();
        kills.counts.forEach((what, count) -> counts.put(what, count.get()));
        return counts;
    }

    private void count(String what) {
        counts.computeIfAbsent(what, key -> new AtomicInteger()).incrementAndGet();
    }

    private void kill(Path folder) throws IOException, InterruptedException {
        final Process saver = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Saver.class.getName(),
                        folder.toString())
                .inheritIO()
                .start();
        final Path record = directories.get(0).resolve(Commit.NAME);
        for (int commits = 1 + random.nextInt(3); commits > 0; commits--) {
            await(saver, record, true);
            if (commits > 1) {
                await(saver, record, false);
            }
        }
        final long end = System.nanoTime() + 1000L * random.nextInt(longest);
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        saver.destroyForcibly().waitFor();
        for (Path killed : directories) {
            count(
                    Files.exists(killed.resolve(Commit.NAME))
                            ? "kills that left files to move"
                            : "kills before or after");
            if (alone) {
                count("another program: " + other(killed));
            }
            count("after the kill: " + read(killed));
        }
    }

    private static void await(Process saver, Path record, boolean there) {
        while (Files.exists(record) != there) {
            if (!saver.isAlive()) {
                throw new IllegalStateException("The saver ended by itself with " + saver.exitValue());
            }
        }
    }

    private void readOn() {
        while (reading) {
            directories.forEach(directory -> count("readers: " + read(directory)));
        }
    }

    private static String read(Path directory) {
        try {
            return age(new WholeRead(List.of(directory), true)
                    .read(places -> Model.found(places.apply(directory)), found -> {}));
        } catch (FinetuneException e) {
            e.printStackTrace();
            return "unreadable";
        }
    }

    /** What config.json and weights a program finds that knows nothing of the record. */
    private static String other(Path directory) {
        final Map<String, String> found = Model.found(directory);
        found.keySet().removeIf(name -> !name.equals("config.json") && !name.endsWith(".safetensors"));
        final List<String> ages = found.values().stream()
                .map(text -> text.substring(0, 3))
                .distinct()
                .toList();
        if (!found.containsKey("model.safetensors") || !found.containsKey("config.json")) {
            return "no model";
        }
        return ages.size() == 1 ? ages.get(0) : "mixed " + found;
    }

    private static String age(Map<String, String> found) {
        if (found.equals(OLD)) {
            return "old";
        }
        return found.equals(NEW) ? "new" : "mixed " + found;
    }

    /** The process that is killed. */
    static final class Saver {
        private Saver() {}

        public static void main(String[] arguments) {
            of(Path.of(arguments[0])).forEach(directory -> new Thread(() -> saveOn(directory)).start());
        }

        private static void saveOn(Path directory) {
            final DirectorySave save = new DirectorySave(directory, new Disk());
            try {
                while (true) {
                    save.make(Model.next());
                    save.make(Model.old());
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
