package dev.finetune.examples.study;

import dev.finetune.FineTuner;
import dev.finetune.examples.ImageData;
import dev.finetune.examples.PreprocessingChoice;
import dev.finetune.examples.WrongUsage;
import dev.finetune.head.Head;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A study of pictures that have one class of several. */
@Command(
        name = "pictures",
        description = "On pictures with a class each.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class StudyPicturesCommand implements Callable<Integer> {
    @Mixin
    private StudyOptions options = new StudyOptions();

    @Mixin
    private ImageData data = new ImageData();

    @Option(
            names = "--preprocess",
            description = "model (what the checkpoint says), imagenet, cifar, squeezenet-caffe.")
    private String preprocess = "model";

    @Override
    public Integer call() throws IOException, InterruptedException {
        options.check();
        final ImageData.Parts parts = data.read(StudyOptions.SPLIT_SEED);
        if (!(parts.head() instanceof Head.Classification)) {
            throw new WrongUsage("A study needs pictures with a class each: --task classification.");
        }
        final FineTuner named = FineTuner.from(options.model()).head(parts.head());
        final FineTuner tuner = PreprocessingChoice.named(preprocess)
                .preprocessing()
                .map(named::inputs)
                .orElse(named);
        options.show(new Study<>(tuner, parts.train(), parts.evaluation(), options)
                .run(options.methods(), Optional.empty()));
        return 0;
    }
}
