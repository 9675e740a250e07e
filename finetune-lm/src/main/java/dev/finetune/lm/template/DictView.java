package dev.finetune.lm.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What keys(), values() and items() give: sized and iterable, without places.
 *
 * @param kind keys, values or items
 * @param items what it holds
 */
record DictView(String kind, List<Object> items) {
    static DictView of(Map<?, ?> dict, String kind) {
        List<Object> items = new ArrayList<>(dict.size());
        for (Map.Entry<?, ?> entry : dict.entrySet()) {
            items.add(
                    switch (kind) {
                        case "keys" -> entry.getKey();
                        case "values" -> entry.getValue();
                        default -> Tuple.of(entry.getKey(), entry.getValue());
                    });
        }
        return new DictView(kind, items);
    }
}
