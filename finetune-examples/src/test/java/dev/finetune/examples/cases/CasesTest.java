package dev.finetune.examples.cases;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.data.ClassCounts;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Text;
import dev.finetune.examples.CommandLineRun;
import dev.finetune.examples.ShippedFiles;
import dev.finetune.examples.drawing.LesionPictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CasesTest {
    @TempDir
    private Path folder;

    private String run(String name, String... options) {
        final List<String> all = new ArrayList<>(
                List.of("case", name, "--out", folder.resolve(name).toString(), "--epochs", "1"));
        all.addAll(List.of(options));
        final String text = CommandLineRun.of(all.toArray(new String[0])).well().text();
        assertThat(folder.resolve(name).resolve("model.safetensors")).exists();
        return text;
    }

    @Test
    void theLesionsAreDecidedAtASpecificityAndLookedAt() {
        assertThat(run("lesions", "--pictures", "60"))
                .contains("Learn from 60 pictures", "AUROC", "95 % of the clear ones pass, from", "Grad-CAM");
    }

    @Test
    void fraudIsDecidedByCostAndExplained() {
        assertThat(run(
                        "fraud",
                        "--payments",
                        "200",
                        "--model",
                        ShippedFiles.encoder(folder).toString()))
                .contains("average precision", "nobody looks", "cheapest on others");
    }

    @Test
    void ticketsAreAnsweredAloneWhereItIsSure() {
        assertThat(run(
                        "tickets",
                        "--per-intent",
                        "1",
                        "--model",
                        ShippedFiles.encoder(folder).toString()))
                .contains("77 tickets of 77 intents", "worded as none before", "Answered alone");
    }

    @Test
    void equalSeedsDrawEqualPicturesOfWhichOneInTenHasALesionWhereItIsSaid() throws IOException {
        final List<LesionPictures.Written> first = LesionPictures.write(folder.resolve("a"), 7, 30, 0.1);
        final List<LesionPictures.Written> again = LesionPictures.write(folder.resolve("b"), 7, 30, 0.1);
        for (int i = 0; i < first.size(); i++) {
            assertThat(first.get(i).file()).hasSameBinaryContentAs(again.get(i).file());
            assertThat(first.get(i).lesion()).isEqualTo(again.get(i).lesion());
        }
        assertThat(first.stream().filter(each -> each.lesion().isPresent()))
                .hasSize(3)
                .allMatch(each -> each.file().getParent().endsWith("lesion"));
        assertThat(Files.list(folder.resolve("a").resolve("clear"))).hasSize(27);
    }

    @Test
    void equalSeedsGenerateEqualPaymentsOfTheShareOfFraud() {
        final Dataset<Text> payments = Transactions.of(1000, 0.03, 7);
        assertThat(texts(payments)).isEqualTo(texts(Transactions.of(1000, 0.03, 7)));
        assertThat(ClassCounts.of(payments).counts()).containsEntry(Transactions.FRAUD, 30L);
        assertThat(payments.asList().subList(0, 300))
                .anyMatch(row -> row.label().toString().contains("fraud"));
    }

    @Test
    void noTicketOfTheTestIsWordedAsOneToLearnFrom() {
        final Set<String> learned = Set.copyOf(texts(Tickets.of(Tickets.Part.TRAINING, 40, 1)).stream()
                .map(CasesTest::core)
                .collect(Collectors.toSet()));
        final List<String> asked = texts(Tickets.of(Tickets.Part.TEST, 8, 3)).stream()
                .map(CasesTest::core)
                .toList();
        assertThat(asked).hasSize(77 * 8).doesNotContainAnyElementsOf(learned);
    }

    @Test
    void noTicketToChooseByIsOneToLearnFrom() {
        final Dataset<Text> train = Tickets.of(Tickets.Part.TRAINING, 40, 1);
        assertThat(texts(Tickets.of(Tickets.Part.CHOOSING, 4, 2))).containsAnyElementsOf(texts(train));
        final Dataset<Text> choose = Tickets.without(train, Tickets.Part.CHOOSING, 4, 2);
        assertThat(texts(choose)).hasSize(77 * 4).doesNotContainAnyElementsOf(texts(train));
        assertThat(ClassCounts.of(choose).counts().values()).containsOnly(4L);
    }

    /** A ticket without what people begin and end with, as far as the first sentence goes. */
    private static String core(String ticket) {
        return ticket.replaceAll("^(Hi, |Hello there\\. |Good morning, |Quick question: |Dear team, )", "")
                .replaceAll("( Thanks!| Please help\\.| Kind regards, Kim| ASAP)$", "");
    }

    private static List<String> texts(Dataset<Text> data) {
        return data.asList().stream().map(Example::input).map(Text::text).toList();
    }
}
