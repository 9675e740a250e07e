package dev.finetune.examples.pretrain;

import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Question;
import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/**
 * Questions made of plain text, that nobody had to write: words of a sentence are taken out and asked for ("cloze", Lewis
 * et al., "Unsupervised question answering by cloze translation", 2019). To answer them an encoder must find the
 * question's words in the passage, which it doesn't learn from masked words.
 *
 * <p>Question i of a text is a function of the seed and i alone.
 */
final class ClozeQuestions {
    private static final Pattern SENTENCE_END = Pattern.compile("(?<=[.!?;])\\s+");
    private static final Pattern NO_WORD = Pattern.compile("[^\\p{L}\\p{N}'-]+");
    private static final Pattern INNER_STOP = Pattern.compile(".*[,.;:!?\"].*");
    private static final Pattern EDGES = Pattern.compile("^[\\p{P}\\p{S}]+|[\\p{P}\\p{S}]+$");
    private static final int FEWEST_WORDS = 6;
    private static final int LONGEST_ANSWER = 4;
    private static final int TRIES = 50;

    private static final Set<String> FUNCTION_WORDS = Set.of(
            ("the a an of to in and or but is was were are be been it its that this these those he she they his her"
                            + " their him them i you we my our your as at by for from on with not no so if then than there"
                            + " which who whom what when where why how had has have do did does would could should shall"
                            + " will may might must can into upon up out over all any some such more very")
                    .split(" "));

    private final List<List<String>> texts;
    private final Shape shape;
    private final long seed;

    /**
     * What questions look like.
     *
     * @param fewest words of a passage
     * @param most words of a passage
     * @param reach how many words of the sentence are asked with, on each side of the answer
     * @param dropped the largest share of them that is left out, and whether they may come in another order (above 0)
     */
    record Shape(int fewest, int most, int reach, double dropped) {}

    /**
     * Questions about texts.
     *
     * @param texts each long enough for a passage; shorter ones are left out
     * @throws FinetuneException if none is long enough
     */
    ClozeQuestions(List<String> texts, Shape shape, long seed) {
        this.texts = texts.stream()
                .map(text -> List.of(text.strip().split("\\s+")))
                .filter(words -> words.size() >= shape.most())
                .toList();
        if (this.texts.isEmpty()) {
            throw new FinetuneException("None of the " + texts.size() + " texts has the " + shape.most()
                    + " words of a passage; bring longer paragraphs, or ask for shorter passages.");
        }
        this.shape = shape;
        this.seed = seed;
    }

    /** Question number {@code index}. */
    Example<Question> question(long index) {
        final SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + index);
        for (int i = 0; i < TRIES; i++) {
            final Optional<Example<Question>> made = attempt(random);
            if (made.isPresent()) {
                return made.get();
            }
        }
        throw new FinetuneException("No question could be made of " + TRIES
                + " passages: the text needs sentences of at least " + FEWEST_WORDS + " words.");
    }

    private Optional<Example<Question>> attempt(SplittableRandom random) {
        final List<String> text = texts.get(random.nextInt(texts.size()));
        final int length = random.nextInt(shape.fewest(), shape.most() + 1);
        final int from = random.nextInt(text.size() - length + 1);
        final String passage = String.join(" ", text.subList(from, from + length));
        final List<String> sentences = SENTENCE_END
                .splitAsStream(passage)
                .filter(sentence -> sentence.split(" ").length >= FEWEST_WORDS)
                .toList();
        if (sentences.isEmpty()) {
            return Optional.empty();
        }
        final String sentence = sentences.get(random.nextInt(sentences.size()));
        final List<String> words = List.of(sentence.split(" "));
        final int count = 1 + random.nextInt(LONGEST_ANSWER);
        final int at = random.nextInt(Math.max(1, words.size() - count + 1));
        final List<String> asked = words.subList(at, Math.min(words.size(), at + count));
        final String answer = EDGES.matcher(String.join(" ", asked)).replaceAll("");
        final int start = passage.indexOf(answer, passage.indexOf(sentence) + before(words, at));
        if (!fits(asked) || answer.isEmpty() || start < 0) {
            return Optional.empty();
        }
        final String question = question(
                kept(words.subList(Math.max(0, at - shape.reach()), at), random),
                answer,
                kept(
                        words.subList(at + asked.size(), Math.min(words.size(), at + asked.size() + shape.reach())),
                        random),
                random);
        return Optional.of(new Example<>(
                new Question(question, passage), new Label.Answers(List.of(new Label.Answer(answer, start)))));
    }

    /** Where in the sentence its word number {@code at} starts. */
    private static int before(List<String> words, int at) {
        return words.subList(0, at).stream().mapToInt(word -> word.length() + 1).sum();
    }

    /** An answer begins and ends with a word that means something, and doesn't reach over a comma. */
    private static boolean fits(List<String> answer) {
        return meansSomething(answer.get(0))
                && meansSomething(answer.get(answer.size() - 1))
                && answer.subList(0, answer.size() - 1).stream()
                        .noneMatch(word -> INNER_STOP.matcher(word).matches());
    }

    private static boolean meansSomething(String word) {
        final String plain = NO_WORD.matcher(word).replaceAll("").toLowerCase(Locale.ROOT);
        return !plain.isEmpty() && !FUNCTION_WORDS.contains(plain);
    }

    private List<String> kept(List<String> words, SplittableRandom random) {
        final double dropped = random.nextInt(3) / 2.0 * shape.dropped();
        final List<String> kept = new ArrayList<>();
        for (String word : words) {
            if (random.nextDouble() >= dropped) {
                kept.add(NO_WORD.matcher(word).replaceAll(""));
            }
        }
        return kept;
    }

    private String question(List<String> left, String answer, List<String> right, SplittableRandom random) {
        final List<String> words = new ArrayList<>();
        final int order = shape.dropped() > 0 ? random.nextInt(3) : 0;
        if (order == 0) {
            words.addAll(left);
            words.add(asking(answer, random));
            words.addAll(right);
        } else {
            words.add(asking(answer, random));
            words.addAll(order == 1 ? right : left);
            words.addAll(order == 1 ? left : right);
        }
        return String.join(" ", words) + "?";
    }

    private static String asking(String answer, SplittableRandom random) {
        final List<String> words;
        if (Character.isDigit(answer.charAt(0))) {
            words = List.of("how many", "when");
        } else if (Character.isUpperCase(answer.charAt(0))) {
            words = List.of("who", "what", "which");
        } else {
            words = List.of("what", "what", "how", "where", "why");
        }
        return words.get(random.nextInt(words.size()));
    }
}
