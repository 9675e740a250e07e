package dev.finetune.html;

import dev.finetune.html.page.Block;
import dev.finetune.html.page.Section;
import dev.finetune.record.FitRecord;
import dev.finetune.record.Setting;
import java.util.ArrayList;
import java.util.List;

/** The settings: those that differ from the defaults, then the others. */
final class SettingsSection {
    private static final List<Block.Column> COLUMNS = List.of(Block.Column.text("setting"), Block.Column.text("value"));

    private SettingsSection() {}

    static Section of(FitRecord fit) {
        final List<Block> blocks = new ArrayList<>();
        final List<Setting> said =
                fit.settings().stream().filter(s -> !s.isDefault()).toList();
        final List<Setting> usual =
                fit.settings().stream().filter(Setting::isDefault).toList();
        if (said.isEmpty()) {
            blocks.add(new Block.Prose("Every setting is as it is by default."));
        } else {
            blocks.add(table("Settings that differ from the library's defaults", said, false));
        }
        if (!usual.isEmpty()) {
            blocks.add(table(Told.plural(usual.size(), "setting", "settings") + " left at the default", usual, true));
        }
        return new Section("settings", "Settings", blocks);
    }

    static Block.Table table(String caption, List<Setting> settings, boolean isFolded) {
        return new Block.Table(
                caption,
                COLUMNS,
                settings.stream()
                        .map(setting -> List.of(setting.name(), setting.value()))
                        .toList(),
                isFolded);
    }
}
