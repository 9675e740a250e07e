package dev.finetune.bert.start;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/** What a process does first: LibTorch, the tokenizers and JNA are loaded and used. Done twice, since errors may differ. */
final class FirstUse {
    private FirstUse() {}

    public static void main(String[] args) {
        for (int i = 0; i < 2; i++) {
            say("doctor", FineTuner::doctor);
            say("model", FirstUse::model);
            say("tokens", FirstUse::tokens);
        }
    }

    private static Object model() {
        try (FineTuned<Text> model = FineTuner.from(resource("/golden/bert-sequence-classification/model"))
                .untrained(Text.class)) {
            return model.predict(Text.of("the")).getClass().getSimpleName();
        }
    }

    private static Object tokens() {
        try (Tokenizer tokenizer = Tokenizer.open(resource("/golden/bert-tokenizer/model"))) {
            return tokenizer.encode(List.of(Text.of("the")), 8).size();
        }
    }

    private static Path resource(String name) {
        try {
            return Path.of(FirstUse.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void say(String what, Supplier<Object> work) {
        try {
            System.out.println(what + ": " + work.get());
        } catch (FinetuneException e) {
            System.out.println(what + " failed: " + e.getMessage());
        }
    }
}
