package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.data.Text;
import dev.finetune.generate.Generation;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SummariseCommandTest {
    @TempDir
    private Path folder;

    private static Set<String> all(List<Mail> mails, Function<Mail, String> of) {
        final Set<String> all = new HashSet<>();
        mails.forEach(mail -> all.add(of.apply(mail)));
        return all;
    }

    @Test
    void mailsHeldBackShareNoNameNoOrderAndNoMatterWithThoseLearnedFrom() {
        final List<Mail> learned = Mails.of(Mails.Part.LEARNED, 2000, 1);
        for (Mails.Part part : List.of(Mails.Part.HELD_BACK, Mails.Part.OTHER_WORDS)) {
            final List<Mail> others = Mails.of(part, 500, 1);
            for (Function<Mail, String> of : List.<Function<Mail, String>>of(
                    mail -> mail.note().who(),
                    mail -> mail.note().order(),
                    mail -> mail.note().what() + mail.note().wish())) {
                assertThat(all(others, of)).doesNotContainAnyElementsOf(all(learned, of));
            }
        }
    }

    @Test
    void inOtherWordsThereIsNoSentenceThatIsLearnedFrom() {
        final Set<String> learned = sentences(Mails.of(Mails.Part.LEARNED, 2000, 1));

        assertThat(sentences(Mails.of(Mails.Part.HELD_BACK, 500, 1))).hasSizeGreaterThan(50);
        assertThat(sentences(Mails.of(Mails.Part.HELD_BACK, 500, 1))).isSubsetOf(learned);
        assertThat(sentences(Mails.of(Mails.Part.OTHER_WORDS, 500, 1))).doesNotContainAnyElementsOf(learned);
    }

    /** With a mark where names, orders, articles and days are; greetings stand by themselves. */
    private static Set<String> sentences(List<Mail> mails) {
        final Set<String> sentences = new HashSet<>();
        for (Mail mail : mails) {
            final String article =
                    mail.note().what().replaceFirst(" (arrived|charged|in the|not here|stopped|too|with) .*", "");
            sentences.addAll(List.of(mail.text()
                    .replace(mail.note().who(), "Name")
                    .replace(mail.note().order(), "1")
                    .replace(article, "article")
                    .replaceAll("\\b\\w+day\\b", "day")
                    .split("(?<=[.?!]) |(?<=^[\\w ]{2,30},) |(?<=,) (?=Name$)")));
        }
        sentences.remove("Name");
        return sentences;
    }

    @Test
    void everyMailSaysWhatItsNoteSaysAndProgramsReadNotes() {
        for (Mails.Part part : Mails.Part.values()) {
            assertThat(Mails.of(part, 300, 7)).allSatisfy(mail -> {
                final Mail.Note note = mail.note();
                assertThat(mail.text()).contains(note.who(), note.order()).doesNotContain("{", "%");
                assertThat(Mail.Note.read(note.line())).contains(note);
            });
        }
        assertThat(Mail.Note.read("not a note")).isEmpty();
    }

    @Test
    void equalSeedsGiveEqualMailsAndOthersOthers() {
        assertThat(Mails.of(Mails.Part.LEARNED, 20, 3))
                .isEqualTo(Mails.of(Mails.Part.LEARNED, 20, 3))
                .isNotEqualTo(Mails.of(Mails.Part.LEARNED, 20, 4));
    }

    @Test
    void whatIsRightIsCountedByFieldAndAllOfIt() {
        final Mail.Note note = new Mail.Note("Anna Weber", "2GR7", "lamp too small", "money back");
        final Mail mail = new Mail("The lamp is too small.", note);
        final WrittenNotes written = new WrittenNotes(
                List.of(mail, mail, mail, mail),
                List.of(
                        note.line(),
                        "Anna Weber, order 2GR8: lamp too small, wants a call",
                        "Anna, order 2GR7: lamp too small, wants money back",
                        "I have not seen"));

        assertThat(List.of(written.right(0), written.right(1), written.right(2), written.right(3)))
                .containsExactly(0.5, 0.5, 0.75, 0.5);
        assertThat(written.allRight()).isEqualTo(0.25);
        assertThat(new WrittenNotes(List.of(mail), List.of(note.line())).rouge())
                .isCloseTo(1, within(1e-9));
    }

    @Test
    void notesAreShownAndMeasuredBeforeAndAfterAndTheModelIsSaved() {
        final Path out = folder.resolve("out");
        final CommandLineRun run = CommandLineRun.of(
                        "summarise", "--out", out.toString(), "--mails", "16", "--held-back", "4", "--batch", "4")
                .well();

        assertThat(run.text())
                .contains("small-lm as it is", "Learn from 16 mails", "FineTuned.load(dir, Text.class)")
                .containsPattern("4 mails held back +who +order +what +wish +all +ROUGE-L")
                .containsPattern("4 in other words +who")
                .containsPattern("a mail's first words +0 % +0 % +0 % +0 % +0 % +0\\.\\d\\d");
        assertThat(run.lines().stream().filter(line -> line.startsWith("right: ")))
                .hasSize(6);
        try (FineTuned<Text> saved = FineTuned.load(out, Text.class)) {
            assertThat(saved.generate(
                                    Text.of("Hello, my lamp is broken.\nNote:"),
                                    Generation.greedy().maxNewTokens(3))
                            .ids())
                    .isNotEmpty();
        }
    }
}
