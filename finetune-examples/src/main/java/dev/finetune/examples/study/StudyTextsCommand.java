package dev.finetune.examples.study;

import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.examples.TextData;
import dev.finetune.examples.WrongUsage;
import dev.finetune.head.Head;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A study of texts that have one class of several. */
@Command(
        name = "texts",
        description = "On texts with a class each.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class StudyTextsCommand implements Callable<Integer> {
    @Mixin
    private StudyOptions options = new StudyOptions();

    @Mixin
    private TextData data = new TextData();

    @Option(names = "--max-length", description = "The longest input in tokens.")
    private int maxLength = 64;

    @Option(names = "--peer", description = "A Python with torch, transformers and peft, for LoRA beside PEFT's.")
    private Optional<String> peer = Optional.empty();

    @Option(names = "--peer-script", description = "The script that it runs.")
    private Path script = Path.of("lora_trainer.py");

    @Override
    public Integer call() throws IOException, InterruptedException {
        options.check();
        final TextData.Parts<Text> parts = texts(data.read(StudyOptions.SPLIT_SEED));
        final FineTuner tuner =
                FineTuner.from(options.model()).head(parts.head()).maxLength(maxLength);
        final Optional<Study.Elsewhere<Text>> beside =
                peer.map(python -> new StudyPeer(python, script, options.model(), maxLength)::run);
        options.show(new Study<>(tuner, parts.train(), parts.evaluation(), options).run(options.methods(), beside));
        return 0;
    }

    @SuppressWarnings("unchecked") // The kind of input was compared.
    private static TextData.Parts<Text> texts(TextData.Parts<?> parts) {
        final Dataset<?> train = parts.train();
        if (train.inputType() != Text.class || !(parts.head() instanceof Head.Classification)) {
            throw new WrongUsage("A study needs texts with a class each: --task classification.");
        }
        return (TextData.Parts<Text>) parts;
    }
}
