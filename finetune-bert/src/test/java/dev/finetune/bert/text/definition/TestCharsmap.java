package dev.finetune.bert.text.definition;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;

/** Makes SentencePiece's table of normalizations, with a block of 256 units for each node of the trie. */
public final class TestCharsmap {
    private TestCharsmap() {}

    /** The table, in base64. */
    public static String of(Map<String, String> replacements) {
        Map<String, Integer> nodes = new TreeMap<>(Map.of("", 1));
        Map<String, Integer> values = new TreeMap<>();
        ByteArrayOutputStream texts = new ByteArrayOutputStream();
        replacements.forEach((from, to) -> {
            String key = new String(from.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            for (int length = 1; length <= key.length(); length++) {
                nodes.putIfAbsent(key.substring(0, length), nodes.size() + 1);
            }
            values.put(key, texts.size());
            texts.writeBytes(to.getBytes(StandardCharsets.UTF_8));
            texts.write(0);
        });
        int[] units = new int[(nodes.size() + 1) * 256];
        units[0] = 256 << 10;
        nodes.forEach((key, node) -> {
            if (!key.isEmpty()) {
                int label = key.charAt(key.length() - 1);
                int at = nodes.get(key.substring(0, key.length() - 1)) * 256 ^ label;
                units[at] = (at ^ node * 256) << 10 | (values.containsKey(key) ? 1 << 8 : 0) | label;
                if (values.containsKey(key)) {
                    units[node * 256] = values.get(key) | 1 << 31;
                }
            }
        });
        ByteBuffer table =
                ByteBuffer.allocate(4 + units.length * 4 + texts.size()).order(ByteOrder.LITTLE_ENDIAN);
        table.putInt(units.length * 4);
        for (int unit : units) {
            table.putInt(unit);
        }
        table.put(texts.toByteArray());
        return Base64.getEncoder().encodeToString(table.array());
    }
}
