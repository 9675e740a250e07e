package dev.finetune.lm.generate;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A model whose logits depend on the last two tokens; test resource markov/markov.json. */
final class MarkovModel implements NextTokens {
    static final JsonObject GOLDEN = read();
    private static final float[][] LAST = table("last");
    private static final float[][] BEFORE = table("before");
    private static final List<String> WORDS = GOLDEN.getAsJsonArray("words").asList().stream()
            .map(word -> word.getAsString())
            .toList();

    private int[][] rows = {};

    /** How many rows each call had. */
    final StringBuilder calls = new StringBuilder();

    private static JsonObject read() {
        try {
            return JsonParser.parseString(Files.readString(Path.of("src/test/resources/markov/markov.json")))
                    .getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static float[][] table(String name) {
        return GOLDEN.getAsJsonArray(name).asList().stream()
                .map(row -> {
                    final JsonArray numbers = row.getAsJsonArray();
                    final float[] values = new float[numbers.size()];
                    for (int i = 0; i < values.length; i++) {
                        values[i] = numbers.get(i).getAsInt() / 16384f;
                    }
                    return values;
                })
                .toArray(float[][]::new);
    }

    static String decode(int[] ids) {
        return Arrays.stream(ids).mapToObj(WORDS::get).collect(Collectors.joining());
    }

    @Override
    public float[][] start(int[][] prompts) {
        rows = prompts.clone();
        return logits();
    }

    @Override
    public float[][] next(int[] tokens) {
        for (int i = 0; i < rows.length; i++) {
            rows[i] = new int[] {rows[i][rows[i].length - 1], tokens[i]};
        }
        return logits();
    }

    @Override
    public void select(int[] chosen) {
        rows = Arrays.stream(chosen).mapToObj(row -> rows[row].clone()).toArray(int[][]::new);
    }

    private float[][] logits() {
        calls.append(rows.length).append(' ');
        final float[][] logits = new float[rows.length][];
        for (int row = 0; row < rows.length; row++) {
            final int length = rows[row].length;
            logits[row] = LAST[rows[row][length - 1]].clone();
            for (int id = 0; length > 1 && id < logits[row].length; id++) {
                logits[row][id] += BEFORE[rows[row][length - 2]][id];
            }
        }
        return logits;
    }

    @Override
    public void close() {}
}
