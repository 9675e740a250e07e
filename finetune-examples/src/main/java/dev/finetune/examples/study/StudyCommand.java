package dev.finetune.examples.study;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Compares ways to fine-tune, on few and on many examples. */
@Command(
        name = "study",
        description =
                "Compare head only, full fine-tuning, LoRA, gradual unfreezing, SetFit and auto; one JSON line last.",
        mixinStandardHelpOptions = true,
        subcommands = {StudyTextsCommand.class, StudyPicturesCommand.class})
public final class StudyCommand implements Runnable {
    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}
