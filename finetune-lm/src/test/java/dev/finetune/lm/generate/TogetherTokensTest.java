package dev.finetune.lm.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.generate.Generated;
import dev.finetune.generate.Generated.End;
import dev.finetune.generate.Generation;
import dev.finetune.head.Heads;
import dev.finetune.train.Cancellation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several callers of one model, which is large enough for its weights to be laid out for few rows. */
class TogetherTokensTest {
    private static FineTuned<Text> model;

    @BeforeAll
    static void load(@TempDir Path folder) throws IOException {
        Files.writeString(
                folder.resolve("config.json"),
                new Gson()
                        .toJson(Map.of(
                                "model_type",
                                "gpt2",
                                "vocab_size",
                                500,
                                "n_layer",
                                2,
                                "n_embd",
                                256,
                                "n_head",
                                4,
                                "n_positions",
                                512)));
        final StringBuilder words = new StringBuilder("\"<unk>\":0,\"</s>\":1");
        for (int i = 2; i < 500; i++) {
            words.append(",\"w").append(i).append("\":").append(i);
        }
        Files.writeString(
                folder.resolve("tokenizer.json"),
                "{\"version\":\"1.0\",\"added_tokens\":[],\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"model\":"
                        + "{\"type\":\"WordLevel\",\"unk_token\":\"<unk>\",\"vocab\":{" + words + "}}}");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"eos_token\":\"</s>\",\"pad_token\":\"</s>\"}");
        model = FineTuner.from(folder)
                .initialization(i -> i.randomWeights(true))
                .head(Heads.causalLm())
                .untrained(Text.class);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static List<Text> prompts(int count) {
        final Random random = new Random(3);
        final List<Text> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final StringBuilder text = new StringBuilder("w7");
            // Every other repeats itself.
            final int words = i % 2 == 0 ? 490 : 3;
            for (int more = random.nextInt(30); more > 0; more--) {
                text.append(" w").append(2 + random.nextInt(words));
            }
            prompts.add(Text.of(text.toString()));
        }
        return prompts;
    }

    private static Generation settings(int tokens) {
        return Generation.greedy().minNewTokens(tokens).maxNewTokens(tokens);
    }

    @Test
    void weightsThatAreLaidOutGiveTheSameTokens() {
        for (Text prompt : prompts(5)) {
            // Few tokens: nothing is laid out for them.
            final List<Integer> few = model.generate(prompt, settings(15)).ids();
            assertThat(model.generate(prompt, settings(40)).ids().subList(0, 15))
                    .isEqualTo(few);
        }
    }

    @Test
    void whoIsAloneHasGuessesRead() {
        GuessedTokens.changeNothing(
                () -> new TogetherTokens(4)
                        .member(new NetworkTokens(model.assembly().network(), 1, 40)),
                new int[][] {{7, 8, 9, 7, 8}},
                true);
    }

    @Test
    void theLastTextOfACallThatIsOpenGuessesAsItWouldWithout() {
        // The second is padded on its left, and goes on when the others have ended.
        final List<Text> prompts = List.of(
                Text.of("w7 w8 w9 w10 w11 w12 w13"), Text.of("w20 w21 w20 w21"), Text.of("w30 w31 w32 w33 w34"));
        final Generation settings = settings(60).promptLookup(0);
        final List<Generated> whole = model.generate(prompts, settings);
        final int[] ends = {
            whole.get(0).ids().get(4), whole.get(2).ids().get(6),
        };
        final Generation until = Generation.greedy().maxNewTokens(60).stopTokens(ends);
        final List<Generated> without = model.generate(prompts, until.promptLookup(0));
        assertThat(without.stream().filter(text -> text.ids().size() < 10)).hasSizeGreaterThanOrEqualTo(2);
        assertThat(model.generate(prompts, until))
                .extracting(Generated::ids)
                .isEqualTo(without.stream().map(Generated::ids).toList());
    }

    /** Every third is drawn, every fourth is punished for repetitions. */
    private static Generation mixed(int caller, int tokens) {
        final Generation each = caller % 3 == 0
                ? Generation.sampled().seed(caller).minNewTokens(tokens).maxNewTokens(tokens)
                : settings(tokens);
        return caller % 4 == 0 ? each.repetitionPenalty(1.3) : each;
    }

    @Test
    void callersWithOtherSettingsGetWhatEachGetsAlone() throws Exception {
        final List<Text> prompts = prompts(24);
        final List<List<Integer>> alone = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            alone.add(model.generate(prompts.get(i), mixed(i, 20 + i).promptLookup(0))
                    .ids());
        }
        final ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            final List<Future<Generated>> asked = new ArrayList<>();
            for (int i = 0; i < prompts.size(); i++) {
                final int each = i;
                asked.add(threads.submit(() -> model.generate(prompts.get(each), mixed(each, 20 + each))));
            }
            for (int i = 0; i < asked.size(); i++) {
                assertThat(asked.get(i).get().ids()).as("text %d", i).isEqualTo(alone.get(i));
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void whoHasNoTokensLeftFailsAlone() throws Exception {
        // Of 500 tokens none comes twice.
        final Generation usedUp = settings(508).noRepeatNgram(1);
        final List<Integer> alone =
                model.generate(Text.of("w7 w8"), settings(300)).ids();
        final ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            final Future<Generated> fails = threads.submit(() -> model.generate(Text.of("w9"), usedUp));
            final List<Future<Generated>> others = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                others.add(threads.submit(() -> model.generate(Text.of("w7 w8"), settings(300))));
            }
            assertThatThrownBy(fails::get).hasStackTraceContaining("No token may come next");
            for (Future<Generated> other : others) {
                assertThat(other.get().ids()).isEqualTo(alone);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void callersThatComeAndGoGetWhatEachGetsAlone() throws Exception {
        final List<Text> prompts = prompts(40);
        final List<List<Integer>> alone = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            alone.add(model.generate(prompts.get(i), settings(16 + 7 * i % 50).promptLookup(0))
                    .ids());
        }
        final ExecutorService threads = Executors.newFixedThreadPool(9);
        try {
            final List<Future<Generated>> asked = new ArrayList<>();
            for (int i = 0; i < prompts.size(); i++) {
                final int each = i;
                asked.add(threads.submit(() -> model.generate(
                        prompts.get(each),
                        settings(16 + 7 * each % 50),
                        // Some keep the others waiting.
                        piece -> pause(each % 8 == 3 ? 30 : 0))));
            }
            for (int i = 0; i < asked.size(); i++) {
                assertThat(asked.get(i).get().ids()).as("text %d", i).isEqualTo(alone.get(i));
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void nothingNativeStaysBehindWhenCallersHaveComeAndGone() throws Exception {
        writeSideBySide();
        final long before = Pointer.totalCount();
        for (int i = 0; i < 3; i++) {
            writeSideBySide();
        }
        assertThat(Pointer.totalCount()).isEqualTo(before);
    }

    /** Six texts of four callers, which end at different times; one keeps the others waiting, one is cancelled. */
    private static void writeSideBySide() throws Exception {
        final List<Text> prompts = prompts(6);
        final ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            final List<Future<Generated>> asked = new ArrayList<>();
            for (int i = 0; i < prompts.size(); i++) {
                final int each = i;
                final Cancellation cancellation = new Cancellation();
                asked.add(threads.submit(() -> model.generate(
                        prompts.get(each),
                        settings(20 + 9 * each),
                        piece -> {
                            pause(each == 1 ? 30 : 0);
                            if (each == 4) {
                                cancellation.cancel();
                            }
                        },
                        cancellation)));
            }
            for (Future<Generated> each : asked) {
                each.get();
            }
        } finally {
            threads.shutdown();
            threads.awaitTermination(1, TimeUnit.MINUTES);
        }
    }

    @Test
    void whoCancelsOrFailsLeavesTheOthersAlone() throws Exception {
        final Text prompt = Text.of("w7 w8 w9");
        final List<Integer> expected = model.generate(prompt, settings(60)).ids();
        final ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            final Future<Generated> goesOn = threads.submit(() -> model.generate(prompt, settings(60)));
            final Cancellation cancellation = new Cancellation();
            final Future<Generated> cancelled = threads.submit(
                    () -> model.generate(prompt, settings(400), piece -> cancellation.cancel(), cancellation));
            final Future<Generated> fails = threads.submit(() -> model.generate(prompt, settings(400), piece -> {
                throw new IllegalStateException("of the caller");
            }));
            assertThat(goesOn.get().ids()).isEqualTo(expected);
            assertThat(cancelled.get().end()).isEqualTo(End.CANCELLED);
            assertThatThrownBy(fails::get).hasRootCauseMessage("of the caller");
        } finally {
            threads.shutdownNow();
        }
        assertThat(model.generate(prompt, settings(60)).ids()).isEqualTo(expected);
    }

    private static void pause(int milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
