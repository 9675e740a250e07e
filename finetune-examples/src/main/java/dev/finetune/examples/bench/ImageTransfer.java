package dev.finetune.examples.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Weights that go to other pictures, and how they are trained there.
 *
 * @param weightsName what the table calls the weights
 * @param weights their file in the folder of models
 * @param architecture what the peer calls their network
 * @param preprocessing what the command {@code images} calls their preprocessing
 * @param data the folder of the pictures
 * @param evaluation the part of it that is evaluated on
 * @param runs how they are trained
 * @param scratch how random weights are trained, all of them
 */
record ImageTransfer(
        String weightsName,
        String weights,
        String architecture,
        String preprocessing,
        String data,
        String evaluation,
        List<Run> runs,
        Run scratch) {
    static final String SQUEEZENET = "squeezenet1_1/squeezenet1_1_caffe_rgb.safetensors";

    private static final String RESNET_18 = "resnet18-imagenet-to-layer3/resnet18_to_layer3_bnfolded.safetensors";

    static final List<ImageTransfer> ALL = List.of(
            cifar("ResNet-20", "resnet20-12fca82f.th", "fashion-mnist-png"),
            cifar("ResNet-20", "resnet20-12fca82f.th", "cifar10-jpeg"),
            cifar("ResNet-56", "resnet56-4bfd9763.th", "fashion-mnist-png"),
            cifar("ResNet-56", "resnet56-4bfd9763.th", "cifar10-jpeg"),
            new ImageTransfer(
                    "SqueezeNet 1.1",
                    SQUEEZENET,
                    "squeezenet",
                    "squeezenet-caffe",
                    "hymenoptera",
                    "val",
                    List.of(Run.headOnly(5, "1e-3"), Run.full(8, "1e-4")),
                    Run.full(8, "1e-4")),
            new ImageTransfer(
                    "ResNet-18 to layer3",
                    RESNET_18,
                    "resnet18-layer3",
                    "imagenet",
                    "hymenoptera",
                    "val",
                    List.of(Run.headOnly(5, "1e-2")),
                    Run.full(5, "1e-3")));

    /**
     * A way to train.
     *
     * @param headOnly whether the trunk is frozen
     */
    record Run(boolean headOnly, int epochs, String learningRate) {
        static Run headOnly(int epochs, String learningRate) {
            return new Run(true, epochs, learningRate);
        }

        static Run full(int epochs, String learningRate) {
            return new Run(false, epochs, learningRate);
        }

        String name() {
            return headOnly ? "head" : "all";
        }
    }

    private static ImageTransfer cifar(String name, String file, String data) {
        return new ImageTransfer(
                name,
                "cifar-resnets/" + file,
                "cifar",
                "cifar",
                data,
                "test",
                List.of(Run.headOnly(5, "1e-2"), Run.full(3, "1e-3")),
                Run.full(3, "1e-3"));
    }

    /** Such as "resnet-20 cifar10-jpeg". */
    String name() {
        return (weightsName + " " + data).toLowerCase(java.util.Locale.ROOT);
    }

    /** The options of the command {@code images}. */
    List<String> ours(Run run, Path models, Path folder, long seed) {
        return options(run, models, folder, seed, "--preprocess", preprocessing);
    }

    /** The peer's options. */
    List<String> theirs(Run run, Path models, Path folder, long seed) {
        return options(run, models, folder, seed, "--arch", architecture);
    }

    private List<String> options(Run run, Path models, Path folder, long seed, String own, String value) {
        final List<String> options = new ArrayList<>(List.of(
                "--model",
                models.resolve(weights).toString(),
                own,
                value,
                "--train",
                folder.resolve(data).resolve("train").toString(),
                "--eval",
                folder.resolve(data).resolve(evaluation).toString(),
                "--epochs",
                Integer.toString(run.epochs),
                "--lr",
                run.learningRate,
                "--seed",
                Long.toString(seed)));
        if (run.headOnly) {
            options.add("--head-only");
        }
        return options;
    }
}
