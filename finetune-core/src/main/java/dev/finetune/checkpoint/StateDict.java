package dev.finetune.checkpoint;

import dev.finetune.checkpoint.Pickled.Dict;
import dev.finetune.checkpoint.Pickled.Storage;
import dev.finetune.checkpoint.Pickled.UnreadableTensor;
import dev.finetune.checkpoint.Pickled.View;
import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The tensors of an object that torch.save wrote.
 *
 * @param tensors each a {@link View} or {@link UnreadableTensor}, by name, in the file's order
 * @param notes what was left out or renamed
 */
record StateDict(Map<String, Pickled> tensors, List<String> notes) {
    /** Where training scripts put the weights, beside the epoch and the optimizer's state. */
    private static final List<String> KEYS = List.of("state_dict", "model_state_dict", "model", "module");

    /** What DataParallel puts before every name. */
    private static final String WRAPPER = "module.";

    /** Finds the dict of tensors: the object itself, or what it has under a well-known key. */
    static StateDict find(Path file, Object object) {
        if (!(object instanceof Dict top)) {
            throw new FinetuneException(
                    file + ": the checkpoint should hold a dict of tensors (model.state_dict()), and"
                            + " holds something else.");
        }
        List<String> notes = new ArrayList<>();
        Dict state = top;
        for (String key : KEYS) {
            if (top.entries().get(key) instanceof Dict inner && hasTensors(inner)) {
                notes.add("The weights are those under '" + key + "'; ignored beside them: "
                        + some(top.entries().keySet().stream()
                                .filter(other -> !key.equals(other))
                                .toList())
                        + ".");
                state = inner;
                break;
            }
        }
        if (!hasTensors(state)) {
            throw new FinetuneException(file + ": the checkpoint holds no dict of tensors, neither itself nor under "
                    + String.join(", ", KEYS) + "; it holds "
                    + some(List.copyOf(top.entries().keySet())) + ".");
        }
        Map<String, Pickled> tensors = new LinkedHashMap<>();
        List<Object> skipped = new ArrayList<>();
        state.entries().forEach((key, value) -> {
            if (key instanceof String name && isTensor(value)) {
                tensors.put(name, (Pickled) value);
            } else {
                skipped.add(key);
            }
        });
        if (!skipped.isEmpty()) {
            notes.add("Not tensors, so ignored: " + some(skipped) + ".");
        }
        return new StateDict(unwrapped(tensors, notes), List.copyOf(notes));
    }

    /** The storages that the tensors need; the same storage may come several times. */
    List<Storage> storages() {
        return tensors.values().stream()
                .filter(View.class::isInstance)
                .map(tensor -> ((View) tensor).storage())
                .toList();
    }

    private static Map<String, Pickled> unwrapped(Map<String, Pickled> tensors, List<String> notes) {
        if (!tensors.keySet().stream().allMatch(name -> name.startsWith(WRAPPER) && name.length() > WRAPPER.length())) {
            return tensors;
        }
        notes.add("All names began with '" + WRAPPER + "', as DataParallel saves them; it was dropped.");
        Map<String, Pickled> unwrapped = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> unwrapped.put(name.substring(WRAPPER.length()), tensor));
        return unwrapped;
    }

    private static boolean hasTensors(Dict dict) {
        return dict.entries().entrySet().stream()
                .anyMatch(entry -> entry.getKey() instanceof String && isTensor(entry.getValue()));
    }

    private static boolean isTensor(Object value) {
        return value instanceof View || value instanceof UnreadableTensor;
    }

    /** The first of them. */
    private static String some(List<Object> keys) {
        if (keys.isEmpty()) {
            return "nothing";
        }
        String first = keys.stream()
                .limit(10)
                .map(String::valueOf)
                .map(key -> key.length() <= 100 ? key : key.substring(0, 100) + "...")
                .collect(Collectors.joining(", "));
        return keys.size() > 10 ? first + " and " + (keys.size() - 10) + " more" : first;
    }
}
