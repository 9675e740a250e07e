package dev.finetune.lm.job;

import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.head.Heads;
import dev.finetune.lm.Chat;
import dev.finetune.lm.ChatFiles;
import dev.finetune.train.DeviceChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whatever the user says, "thanks" is a better answer than "no". */
final class ToyPreferences {
    private static final String TEMPLATE =
            "{% for message in messages %}{{ '[' + message.role + ']' + message.content }}"
                    + "{% if message.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
                    + "{% if add_generation_prompt %}{{ '[assistant]' }}{% endif %}";

    private ToyPreferences() {}

    static Path golden(String name) {
        return GoldenFolders.all().get(name).resolve("model");
    }

    /** A copy of a golden case's model with a chat template. */
    static Path chatty(String name, Path folder) throws IOException {
        final Path model = Files.createDirectories(folder.resolve(name));
        try (Stream<Path> files = Files.list(golden(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, model.resolve(file.getFileName()));
            }
        }
        Files.writeString(model.resolve("chat_template.jinja"), TEMPLATE);
        return model;
    }

    static FineTuner tuner(Path model) {
        return FineTuner.from(model)
                .head(Heads.causalLm())
                .device(DeviceChoice.CPU)
                .lr(5e-3)
                .epochs(6)
                .batchSize(4)
                .seed(5);
    }

    static Dataset<Chat> of(Path folder, String... said) throws IOException {
        final Path file = Files.createTempFile(folder, "pairs", ".jsonl");
        Files.writeString(
                file,
                Stream.of(said)
                        .map(each -> "{\"prompt\": \"" + each + "\", \"chosen\": \"thanks\", \"rejected\": \"no\"}")
                        .collect(Collectors.joining("\n")));
        return ChatFiles.jsonl(file).preferences();
    }

    static Dataset<Chat> training(Path folder) throws IOException {
        return of(
                folder,
                "late",
                "it broke",
                "weak bass",
                "the screen cracked",
                "cold",
                "wet and torn",
                "nobody answered my mail",
                "wrong size");
    }

    static Dataset<Chat> heldOut(Path folder) throws IOException {
        return of(folder, "the battery dies", "too small", "a waste of money");
    }
}
