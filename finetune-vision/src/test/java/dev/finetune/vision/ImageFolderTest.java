package dev.finetune.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Split;
import dev.finetune.error.FinetuneException;
import dev.finetune.vision.image.References;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImageFolderTest {
    @TempDir
    Path folder;

    @Test
    void eachFolderIsAClassAndIsSearchedToAnyDepth() throws IOException {
        picture("bee/z.jpg");
        picture("bee/a/b/c.JPEG");
        picture("ant/1.png");
        Dataset<Image> data = ImageFolder.of(folder);
        assertThat(data.asList())
                .containsExactly(
                        example("ant/1.png", "ant"), example("bee/a/b/c.JPEG", "bee"), example("bee/z.jpg", "bee"));
        assertThat(data.describe()).contains("3 pictures of 2 classes");
    }

    @Test
    void hiddenFilesArePassedOverAndOthersAreCounted() throws IOException {
        picture("ant/1.png");
        picture("ant/.hidden.png");
        picture("ant/.cache/2.png");
        picture(".git/3.png");
        Files.writeString(folder.resolve("ant/notes.txt"), "none");
        Files.writeString(folder.resolve("ant/LICENSE"), "none");
        Dataset<Image> data = ImageFolder.of(folder);
        assertThat(data.asList()).hasSize(1);
        assertThat(data.describe()).contains("2 other files");
    }

    @Test
    void aClassWithoutPicturesIsNamed() throws IOException {
        picture("ant/1.png");
        Files.createDirectory(folder.resolve("wasp"));
        assertThatThrownBy(() -> ImageFolder.of(folder))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("wasp");
    }

    @Test
    void aFolderThatIsNotThereOrHoldsNoFoldersIsNamed() throws IOException {
        assertThatThrownBy(() -> ImageFolder.of(folder.resolve("gone"))).hasMessageContaining("gone");
        assertThatThrownBy(() -> ImageFolder.of(folder)).hasMessageContaining("no folders");
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> ImageFolder.of(file)).hasMessageContaining("is a file");
    }

    @Test
    void partsAreNotTakenForClasses() throws IOException {
        picture("train/ant/1.png");
        picture("val/ant/2.png");
        assertThatThrownBy(() -> ImageFolder.of(folder))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("splits");
        Split<Image> split = ImageFolder.splits(folder);
        assertThat(split.train().asList()).containsExactly(example("train/ant/1.png", "ant"));
        assertThat(split.validation().asList()).containsExactly(example("val/ant/2.png", "ant"));
        assertThat(split.test().asList()).isEmpty();
    }

    @Test
    void brokenPicturesAreFoundBeforeTheJobStarts() throws IOException {
        picture("ant/1.jpg");
        picture("bee/2.jpg");
        byte[] whole = Files.readAllBytes(folder.resolve("bee/2.jpg"));
        Files.write(folder.resolve("bee/3.jpg"), Arrays.copyOf(whole, whole.length / 2));
        Files.writeString(folder.resolve("bee/4.jpg"), "text");
        assertThatThrownBy(() -> ImageFolder.verified(folder, OnBroken.FAIL))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("2 of 4")
                .hasMessageContaining("3.jpg")
                .hasMessageContaining("4.jpg")
                .hasMessageContaining("OnBroken.SKIP");
        Dataset<Image> good = ImageFolder.verified(folder, OnBroken.SKIP);
        assertThat(good.asList()).containsExactly(example("ant/1.jpg", "ant"), example("bee/2.jpg", "bee"));
        assertThat(good.describe()).contains("2 broken skipped");
    }

    @Test
    void aTableOfPathsStartsFromItsOwnFolder() throws IOException {
        Path table = Files.writeString(folder.resolve("train.csv"), "file,kind\nx/1.png,ant\n\"x/2, b.png\",bee\n");
        assertThat(ImageFiles.csv(table).label("kind").classification().asList())
                .containsExactly(example("x/1.png", "ant"), example("x/2, b.png", "bee"));
        assertThat(ImageFiles.csv(table)
                        .path("kind")
                        .label(1)
                        .folder(folder.resolve("y"))
                        .classification()
                        .asList()
                        .get(0))
                .isEqualTo(example("y/ant", "ant"));
    }

    @Test
    void aTableMayHoldSeveralLabelsAPicture() throws IOException {
        Path table = Files.writeString(folder.resolve("tags.tsv"), "path\tlabels\n1.png\tred round\n2.png\t\n");
        List<Example<Image>> examples = ImageFiles.tsv(table).multiLabel(" ").asList();
        assertThat(examples.get(0).label()).isEqualTo(new Label.Categories(Set.of("red", "round")));
        assertThat(examples.get(1).label()).isEqualTo(new Label.Categories(Set.of()));
    }

    @Test
    void aBadRowOfATableIsNamedByFileAndLine() throws IOException {
        Path table = Files.writeString(folder.resolve("bad.csv"), "path,label\n1.png,ant\n2.png\n");
        assertThatThrownBy(() -> ImageFiles.csv(table).classification())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("bad.csv")
                .hasMessageContaining("line 3");
        assertThat(ImageFiles.csv(table).skipBadRows().classification().asList())
                .hasSize(1);
    }

    private void picture(String name) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.copy(References.resource("pictures/baseline.jpg"), file);
    }

    private Example<Image> example(String name, String label) {
        return new Example<>(Image.of(folder.resolve(name)), Label.of(label));
    }
}
