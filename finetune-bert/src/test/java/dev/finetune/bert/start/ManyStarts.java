package dev.finetune.bert.start;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Several JVMs that start at once on an empty cache, again and again. */
final class ManyStarts {
    private ManyStarts() {}

    /** As {@code main 50 4}: rounds, and JVMs in each; a third argument "kill" has one more killed as it unpacks. */
    public static void main(String[] args) throws IOException, InterruptedException {
        final Path scratch = Files.createTempDirectory("many-starts");
        int failed = 0;
        for (int round = 0; round < Integer.parseInt(args[0]); round++) {
            final long killAfter = args.length > 2 ? 1000 + 250L * (round % 20) : -1;
            final List<String> failures = round(scratch, Integer.parseInt(args[1]), killAfter);
            failures.forEach(System.out::println);
            failed += failures.size();
            System.out.println("round " + round + ": " + failed + " failed so far");
        }
        remove(scratch);
    }

    /**
     * One round.
     *
     * @param killAfter after how many milliseconds one more JVM, that has started before, is killed; none if negative
     * @return what those that failed wrote
     */
    static List<String> round(Path scratch, int jvms, long killAfter) throws IOException, InterruptedException {
        final Path round = Files.createTempDirectory(scratch, "round");
        final List<String> options = List.of("-Ddev.finetune.nativeCache=" + round.resolve("cache"));
        final List<String> failures = new ArrayList<>();
        if (killAfter >= 0) {
            final ChildJvm killed = ChildJvm.start(round, Map.of(), options, ChildJvm.classPath(), FirstUse.class);
            Thread.sleep(killAfter);
            killed.kill();
        }
        final List<ChildJvm> running = new ArrayList<>();
        for (int i = 0; i < jvms; i++) {
            running.add(ChildJvm.start(round, Map.of(), options, ChildJvm.classPath(), FirstUse.class));
        }
        for (ChildJvm jvm : running) {
            final ChildJvm.Ended ended = jvm.end();
            if (ended.status() != 0 || ended.output().contains("failed")) {
                failures.add(ended.toString());
            }
        }
        remove(round);
        return failures;
    }

    private static void remove(Path directory) throws IOException {
        final List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = walk.sorted((a, b) -> b.compareTo(a)).toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
