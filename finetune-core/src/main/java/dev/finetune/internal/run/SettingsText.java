package dev.finetune.internal.run;

import dev.finetune.internal.FunctionNames;
import dev.finetune.internal.PlainNumbers;
import dev.finetune.internal.SettingLines;
import dev.finetune.record.Setting;
import dev.finetune.report.Provenance;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every setting of a tuner in readable lines, those that differ from the defaults first. */
public final class SettingsText {
    private static final Draft DEFAULT = Draft.of(ModelSource.of(""));

    private static final String FREEZING = "freezing";

    /** What a model's config.json says besides what is computed; labels are the head's. */
    private static final Set<String> NOT_COMPUTED = Set.of(
            "_name_or_path",
            "_commit_hash",
            "architectures",
            "dtype",
            "id2label",
            "label2id",
            "torch_dtype",
            "transformers_version");

    private SettingsText() {}

    public static String describe(Draft draft) {
        return describe(draft, Map.of());
    }

    /** The same with lines of one way to fit before it. */
    public static String describe(Draft draft, Map<String, Object> more) {
        final Map<String, String> defaults = inOneLine(SettingLines.of(DEFAULT, DEFAULT, false));
        final Map<String, String> said = inOneLine(more);
        said.replaceAll((name, value) -> PlainNumbers.in(value));
        said.putAll(inOneLine(SettingLines.of(draft.resolved(), DEFAULT, false)));
        if (draft.adapter().method().isPresent()) {
            said.computeIfPresent(
                    FREEZING,
                    (name, frozen) -> "the base, beside which the adapter learns"
                            + (frozen.equals(defaults.get(name)) ? "" : "; said: " + frozen));
        }
        final Map<Boolean, List<String>> byDefault = said.entrySet().stream()
                .collect(Collectors.partitioningBy(
                        line -> line.getValue().equals(defaults.get(line.getKey())),
                        Collectors.mapping(line -> line.getKey() + ": " + line.getValue(), Collectors.toList())));
        return Stream.concat(
                        Objects.requireNonNull(byDefault.get(false)).stream(),
                        Objects.requireNonNull(byDefault.get(true)).stream().map(line -> line + Provenance.DEFAULT))
                .collect(Collectors.joining("\n"));
    }

    /** The settings of such lines. */
    public static List<Setting> settings(String lines) {
        return lines.lines()
                .map(line -> {
                    final int colon = line.indexOf(": ");
                    final boolean isDefault = line.endsWith(Provenance.DEFAULT);
                    return new Setting(
                            line.substring(0, colon),
                            line.substring(colon + 2, line.length() - (isDefault ? Provenance.DEFAULT.length() : 0)),
                            isDefault);
                })
                .toList();
    }

    /**
     * The settings that change what a training computes, by name.
     *
     * @param more of one way to fit
     * @param model what is trained (borrowed); where it, or its adapter, comes from is no part of it
     */
    static Map<String, String> identity(Draft draft, Map<String, Object> more, LoadedModel<?> model) {
        final Map<String, Object> lines = new LinkedHashMap<>(more);
        lines.putAll(SettingLines.of(draft.resolved(), DEFAULT, true));
        lines.put("head", model.assembly().task().head());
        lines.put("device", model.device().is_cuda() ? "a GPU" : "the CPU"); // Whether it was named, or found.
        draft.adapter().method().ifPresent(method -> lines.put("adapter", method));
        model.assembly().config().entrySet().stream()
                .filter(entry -> !NOT_COMPUTED.contains(entry.getKey()))
                .forEach(entry -> lines.put("config.json: " + entry.getKey(), entry.getValue()));
        return inOneLine(lines);
    }

    /** Labels, for one, may hold line breaks. */
    private static Map<String, String> inOneLine(Map<String, ?> lines) {
        final Map<String, String> texts = new LinkedHashMap<>();
        lines.forEach((name, value) -> texts.put(
                name, FunctionNames.hide(value.toString()).replace("\r", "\\r").replace("\n", "\\n")));
        return texts;
    }
}
