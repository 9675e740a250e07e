package dev.finetune.bert.text;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.data.Text;
import dev.finetune.fuzz.Choices;
import dev.finetune.fuzz.FilesMutation;
import dev.finetune.fuzz.FuzzInput;
import dev.finetune.fuzz.FuzzedReader;
import dev.finetune.fuzz.FuzzedReaders;
import dev.finetune.fuzz.WrittenFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The readers of a tokenizer's files: what they let pass is given to the native library, which tokenizes texts with it. An
 * input with which the library ends the process ends fuzzing.
 */
public final class TokenizerReaders implements FuzzedReaders {
    private static final String FOLDER = "tokenizer-under-test";
    private static final int LONGEST = 16;

    /** A change may put a table of 24 KB to twenty places. */
    private static final long CHANGED_HEAP = 128L << 20;

    private static final List<Text> TEXTS = List.of(
            Text.of(""),
            Text.of("the cat sat"),
            Text.of("a".repeat(40) + "c " + " ".repeat(30) + "1".repeat(30) + "!"),
            Text.of(
                    "\u2603 \ud83d\ude00 \u0e01\u0e33 \u10d0 \u00e9e\u0301 \u4e2d\u6587\u3002 \0 \ufeff\u200d \ufdfa \ud83d"),
            Text.pair("[CLS] the [SEP] [MASK]<s> cat</s>", "\tsat\r\n the"));

    private final WrittenFiles written;

    /** The readers of files in the heap. */
    public TokenizerReaders() throws IOException {
        written = WrittenFiles.inHeap(FOLDER);
    }

    @Override
    public List<FuzzedReader> readers() throws IOException {
        final List<Map<String, byte[]>> seeds = SmallTokenizers.all();
        return List.of(
                new FuzzedReader(
                        "tokenizer-files",
                        FOLDER,
                        choices(seeds.size()),
                        CHANGED_HEAP,
                        input -> tokenize(FilesMutation.of(seeds, new Choices(input.bytes())))),
                file("tokenizer-json", TokenizerFiles.TOKENIZER, seeds, Map.of()),
                file(
                        "tokenizer-settings",
                        TokenizerFiles.CONFIG,
                        seeds,
                        Map.of(TokenizerFiles.VOCAB_TXT, SmallTokenizers.VOCABULARY.getBytes(StandardCharsets.UTF_8))),
                file("tokenizer-vocabulary", TokenizerFiles.VOCAB_TXT, seeds, Map.of()),
                file(
                        "tokenizer-pieces",
                        "spm.model",
                        seeds,
                        Map.of(
                                TokenizerFiles.CONFIG,
                                "{\"tokenizer_class\":\"DebertaV2Tokenizer\"}".getBytes(StandardCharsets.UTF_8))),
                new FuzzedReader("tokenizer-regex", FOLDER, texts(SmallTokenizers.REGEXES), this::regex),
                new FuzzedReader("tokenizer-charsmap", FOLDER, List.of(SmallTokenizers.charsmap()), this::charsmap));
    }

    /** Of each directory: as it is, and with changes. */
    private static List<byte[]> choices(int directories) {
        final List<byte[]> choices = new ArrayList<>();
        for (int directory = 0; directory < directories; directory++) {
            choices.add(new byte[] {(byte) directory});
            choices.add(new byte[] {(byte) directory, 0, 9, 20, 0, 3});
            choices.add(new byte[] {(byte) directory, 2, 9, 40, 7, 1, 0, 8, 30, 1});
        }
        return choices;
    }

    private static List<byte[]> texts(List<String> texts) {
        return texts.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
    }

    /** One file of any bytes, with others beside it. */
    private FuzzedReader file(
            String name, String fileName, List<Map<String, byte[]>> seeds, Map<String, byte[]> beside) {
        return new FuzzedReader(
                name,
                FOLDER,
                seeds.stream()
                        .filter(files -> files.containsKey(fileName))
                        .map(files -> files.get(fileName))
                        .toList(),
                input -> {
                    final Map<String, byte[]> files = new TreeMap<>(beside);
                    files.put(fileName, input.bytes());
                    tokenize(files);
                });
    }

    private void regex(FuzzInput input) throws IOException {
        final JsonObject definition = definition();
        final JsonObject pattern = new JsonObject();
        pattern.addProperty("Regex", input.text());
        final JsonObject split = new JsonObject();
        split.addProperty("type", "Split");
        split.add("pattern", pattern);
        split.addProperty("behavior", "Isolated");
        split.addProperty("invert", input.bytes().length % 2 == 0);
        definition.add("pre_tokenizer", split);
        if (input.bytes().length % 3 == 0) {
            final JsonObject replace = new JsonObject();
            replace.addProperty("type", "Replace");
            replace.add("pattern", pattern);
            replace.addProperty("content", input.bytes().length % 4 == 0 ? "" : "\u00e9");
            definition.add("normalizer", replace);
        }
        tokenize(definition);
    }

    private void charsmap(FuzzInput input) throws IOException {
        final JsonObject definition = definition();
        final JsonObject precompiled = new JsonObject();
        precompiled.addProperty("type", "Precompiled");
        precompiled.addProperty("precompiled_charsmap", Base64.getEncoder().encodeToString(input.bytes()));
        definition.add("normalizer", precompiled);
        tokenize(definition);
    }

    private static JsonObject definition() {
        return JsonParser.parseString(SmallTokenizers.WORD_LEVEL).getAsJsonObject();
    }

    private void tokenize(JsonObject definition) throws IOException {
        tokenize(Map.of(TokenizerFiles.TOKENIZER, definition.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private void tokenize(Map<String, byte[]> files) throws IOException {
        final Path folder = written.write(files);
        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            final int longest = Math.max(LONGEST, tokenizer.overhead(true) + 1);
            for (Text text : TEXTS) {
                tokenizer.encode(List.of(text), longest, Detail.OFFSETS);
            }
            tokenizer.encode(TEXTS, longest);
            tokenizer.specialTokens();
            tokenizer.modelMaxLength();
        }
        try (Tokenizer tokenizer = Tokenizer.openForWords(folder)) {
            tokenizer.encodeWords(
                    Arrays.asList("the", "\u2603", "", "[SEP]", " cat"),
                    Math.max(LONGEST, tokenizer.overhead(false) + 1));
        }
    }
}
