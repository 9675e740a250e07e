package dev.finetune.internal.saving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whenever a save ends, a reader finds the old files or the new ones. */
class DirectorySaveTest {
    private static final Map<String, String> OLD = withFolder(Model.old().files());
    private static final Map<String, String> NEW = new TreeMap<>(Model.next().files());

    @TempDir
    private Path folder;

    private static Map<String, String> withFolder(Map<String, String> files) {
        final Map<String, String> all = new TreeMap<>(files);
        all.put("1_Pooling/config.json", "old");
        return all;
    }

    private static Map<String, String> read(Path directory) {
        return new WholeRead(List.of(directory), true)
                .read(places -> Model.found(places.apply(directory)), found -> {});
    }

    private static List<String> hidden(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("."))
                    .toList();
        }
    }

    /** Saves over an old model, and lets it go wrong at the k-th step. */
    private Path interrupted(Dying dying, int at) throws IOException {
        final Path directory = Model.old().in(folder.resolve("model-" + at));
        try {
            new DirectorySave(directory, dying).make(Model.next());
        } catch (Dying.Killed | IOException | FinetuneException e) {
            assertThat(dying.happened()).isTrue();
        }
        return directory;
    }

    @ParameterizedTest
    @EnumSource
    void endedAtAnyStepTheOldModelOrTheNewOneIsReadWhole(Dying.How how) throws IOException {
        final Set<Map<String, String>> seen = new HashSet<>();
        int at = 0;
        for (Dying dying = new Dying(how, ++at); at < 100; dying = new Dying(how, ++at)) {
            final Path directory = interrupted(dying, at);
            if (!dying.happened()) {
                break;
            }
            final Map<String, String> found = read(directory);
            assertThat(found).as("at step %d", at).isIn(OLD, NEW);
            assertThat(seen.contains(NEW) && found.equals(OLD))
                    .as("no way back")
                    .isFalse();
            seen.add(found);
            assertThat(read(directory)).isEqualTo(found);
            assertThat(directory.resolve("notes.txt")).hasContent("theirs");
        }
        assertThat(at).isBetween(30, 60);
        assertThat(seen).containsExactlyInAnyOrder(OLD, NEW);
    }

    @ParameterizedTest
    @EnumSource
    void theNextWriterFinishesAndSweeps(Dying.How how) throws IOException {
        for (int at = 1; at < 100; at++) {
            final Dying dying = new Dying(how, at);
            final Path directory = interrupted(dying, at);
            new DirectorySave(directory, Dying.never()).make(Model.old());
            assertThat(Model.found(directory))
                    .isEqualTo(new TreeMap<>(Model.old().files()));
            assertThat(hidden(directory)).isEmpty();
            assertThat(directory.resolve("1_Pooling/notes.txt")).hasContent("theirs");
            if (!dying.happened()) {
                break;
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whoMayNotWriteReadsThroughWhatIsLeftToDo(Dying.How how) throws IOException {
        int pending = 0;
        for (int at = 1; at < 100; at++) {
            final Dying dying = new Dying(how, at);
            final Path directory = interrupted(dying, at);
            final Optional<Commit> commit = Commit.find(directory);
            if (commit.isPresent()) {
                pending++;
                try (View view = View.of(directory, commit.get())) {
                    assertThat(Model.found(view.path())).isEqualTo(NEW);
                    assertThat(FileList.find(view.path()).orElseThrow().firstChange(view.path()))
                            .isEmpty();
                    assertThat(view.path()).hasFileName(directory.getFileName().toString());
                    assertThat(view.path().resolve("notes.txt")).hasContent("theirs");
                }
            }
            if (!dying.happened()) {
                break;
            }
        }
        assertThat(pending).isGreaterThan(10);
    }

    /** Such as Transformers, which takes config.json and the weights that it finds. */
    @ParameterizedTest
    @EnumSource
    void anotherProgramNeverFindsWeightsWithTheOthersConfiguration(Dying.How how) throws IOException {
        for (int at = 1; at < 100; at++) {
            final Dying dying = new Dying(how, at);
            final Map<String, String> found = Model.found(interrupted(dying, at));
            final List<String> weights = new ArrayList<>(found.keySet());
            weights.removeIf(name -> !name.endsWith(".safetensors") && !name.endsWith(".bin"));
            final String age = found.get("config.json").substring(0, 3);
            assertThat(weights)
                    .as("%s at step %d", found, at)
                    .allMatch(name -> found.get(name).startsWith(age));
            if (!dying.happened()) {
                break;
            }
        }
    }

    @Test
    void aFailureBeforeTheNewFilesCountLeavesNothing() throws IOException {
        final Path directory = Model.old().in(folder.resolve("model"));
        assertThatThrownBy(() -> new DirectorySave(directory, new Disk()).make(new Model(Map.of("a/b", "no folder"))))
                .isInstanceOf(IOException.class);
        assertThat(Model.found(directory)).isEqualTo(OLD);
        assertThat(hidden(directory)).isEmpty();
    }

    @Test
    void aFailureInANewDirectoryLeavesNoDirectoryAndAnOldOneStays() throws IOException {
        final Path old = Files.createDirectory(folder.resolve("old"));
        for (int at = 1; at < 5; at++) {
            final Dying full = new Dying(Dying.How.FAILING, at);
            assertThatThrownBy(() -> new DirectorySave(old.resolve("new/model"), full).make(Model.next()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("No space left");
            assertThat(old).isEmptyDirectory();
        }
    }

    @Test
    void aLinkToADirectoryStaysALink() throws IOException {
        final Path directory = Model.old().in(folder.resolve("model"));
        final Path link = Files.createSymbolicLink(folder.resolve("link"), directory);
        new DirectorySave(link, new Disk()).make(Model.next());
        assertThat(link).isSymbolicLink();
        assertThat(read(link)).isEqualTo(NEW);
        assertThat(read(directory)).isEqualTo(NEW);
    }

    @Test
    void aFewFilesJoinTheOthers() throws IOException {
        final Path directory = Model.old().in(folder.resolve("model"));
        DirectorySave.some(
                directory,
                Set.of("vocab.txt", "merges.txt", "pytorch_model.bin"),
                staging -> Files.writeString(staging.resolve("vocab.txt"), "other words"));
        final Map<String, String> expected = new TreeMap<>(OLD);
        expected.put("vocab.txt", "other words");
        expected.remove("pytorch_model.bin");
        assertThat(read(directory)).isEqualTo(expected);
    }

    @Test
    void filesThatBelongToNoModelOfOursGetNoList() throws IOException {
        DirectorySave.some(
                folder, Set.of("vocab.txt"), staging -> Files.writeString(staging.resolve("vocab.txt"), "a"));
        assertThat(folder.resolve(FileList.NAME)).doesNotExist();
        assertThat(read(folder)).isEqualTo(Map.of("vocab.txt", "a"));
    }

    @Test
    void aRecordThatLeadsElsewhereIsRefused() throws IOException {
        final Path outside = Files.writeString(folder.resolve("mine.txt"), "mine");
        final Path directory = Model.old().in(folder.resolve("model"));
        for (String record : List.of(
                "{'save':'1','staging':'.finetune-saving-1','files':{},'removed':['../mine.txt']}",
                "{'save':'1','staging':'..','files':{},'removed':[]}",
                "{'save':'1','staging':'.finetune-saving-1','files':{'../mine.txt':{'bytes':1,'crc32c':'00000000'}},'removed':[]}",
                "{'save':'1'}",
                "[]")) {
            Files.writeString(directory.resolve(Commit.NAME), record.replace('\'', '"'));
            assertThatThrownBy(() -> read(directory))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll(Commit.NAME, "Delete it");
        }
        assertThat(outside).hasContent("mine");
    }

    @Test
    void noLinkIsFollowedOutOfTheDirectory() throws IOException {
        final Path outside = Files.createDirectory(folder.resolve("outside"));
        Files.writeString(outside.resolve("config.json"), "mine");
        final Path directory = Files.createDirectory(folder.resolve("model"));
        Files.createSymbolicLink(directory.resolve("1_Pooling"), outside);
        new DirectorySave(directory, new Disk()).make(Model.next());
        assertThat(outside.resolve("config.json")).hasContent("mine");
    }

    @Test
    void whatAnotherProgramChangedInBetweenIsToldAndSavingAgainMendsIt() throws IOException {
        Path directory = folder;
        for (int at = 1; at < 100; at++) {
            directory = interrupted(new Dying(Dying.How.KILLED_AFTER, at), at);
            if (Commit.find(directory).isPresent()
                    && Files.readString(directory.resolve("config.json")).startsWith("new")) {
                break;
            }
        }
        final Path changed = directory;
        Files.writeString(changed.resolve("config.json"), "labels of another program");
        assertThatThrownBy(() -> read(changed))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("config.json", "another program", "Save the model again");
        new DirectorySave(changed, new Disk()).make(Model.next());
        assertThat(read(changed)).isEqualTo(NEW);
        assertThat(hidden(changed)).isEmpty();
    }
}
