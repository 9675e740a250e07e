package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.data.Text;
import dev.finetune.internal.saving.Change;
import dev.finetune.internal.saving.DirectorySave;
import dev.finetune.internal.saving.Disk;
import dev.finetune.internal.saving.FileOps;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model with other labels is saved over one, and the process dies: what loads is one of the two. */
class InterruptedSaveTest {
    private static final Text TEXT = Text.of("great sound");

    @TempDir
    private Path folder;

    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    /** Lets a process do so many steps and no more. */
    private static FileOps dyingAfter(int most) {
        final FileOps disk = new Disk();
        final int[] done = {0};
        return (FileOps) Proxy.newProxyInstance(
                FileOps.class.getClassLoader(), new Class<?>[] {FileOps.class}, (proxy, method, arguments) -> {
                    if (++done[0] > most) {
                        throw new Killed();
                    }
                    return method.invoke(disk, arguments);
                });
    }

    /** Copies a directory as a model is saved. */
    private record Copy(Path from) implements Change {
        @Override
        public boolean isWhole() {
            return true;
        }

        @Override
        public void writeTo(Path to) throws IOException {
            for (String name : names()) {
                Files.copy(from.resolve(name), to.resolve(name));
            }
        }

        @Override
        public Set<String> removed(Set<String> written) throws IOException {
            return names();
        }

        private Set<String> names() throws IOException {
            try (Stream<Path> files = Files.list(from)) {
                return files.map(file -> file.getFileName().toString())
                        .filter(name -> !name.equals("finetune-files.json"))
                        .collect(Collectors.toSet());
            }
        }
    }

    private static String answer(Path directory) {
        try (FineTuned<Text> model = FineTuned.load(directory)) {
            return model.labels() + " "
                    + Arrays.deepToString(model.predict(TEXT).logits().toArray());
        }
    }

    @Test
    void loadingGivesTheLabelsAndLogitsOfTheOldModelOrOfTheNewOne() throws IOException {
        final Path two = folder.resolve("two");
        final Path three = folder.resolve("three");
        try (FineTuned<Text> model = Jobs.classifier().epochs(1).fitAll(Jobs.data(16, 1))) {
            model.save(two);
        }
        try (FineTuned<Text> model =
                Jobs.classifier().head("good", "fair", "bad").epochs(1).fitAll(Jobs.data(16, 1))) {
            model.save(three);
        }
        final List<String> answers = List.of(answer(two), answer(three));
        final Set<String> seen = new HashSet<>();
        boolean died = true;
        for (int steps = 0; died; steps++) {
            final Path directory = folder.resolve("killed-" + steps);
            new DirectorySave(directory, new Disk()).make(new Copy(two));
            try {
                new DirectorySave(directory, dyingAfter(steps)).make(new Copy(three));
                died = false;
            } catch (Killed e) {
                died = true;
            }
            final String answer = answer(directory);
            assertThat(answer).as("after step %d", steps).isIn(answers);
            seen.add(answer);
        }
        assertThat(seen).hasSize(2);
        assertThat(answer(folder.resolve("killed-0"))).isEqualTo(answers.get(0));
    }
}
