package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.DataCheck;
import dev.finetune.data.TextFiles;
import dev.finetune.data.TokenFiles;
import dev.finetune.live.LiveReport;
import dev.finetune.trackers.HistoryFile;
import dev.finetune.trackers.MlFlow;
import dev.finetune.trackers.TensorBoard;
import dev.finetune.train.WeightAverage;
import dev.finetune.vision.ImageFiles;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

class AdviceTest {
    /** Options of the commands themselves, which the library can't speak of. */
    private static final Set<String> OF_COMMANDS = Set.of(
            "--resume",
            "--checkpoint-every",
            "--tensorboard",
            "--history",
            "--mlflow",
            "--mlflow-experiment",
            "--watch",
            "--task",
            "--train",
            "--eval",
            "--data",
            "--file",
            "--help",
            "--version",
            "--predict",
            "--sheet",
            "--mistakes",
            "--no-report",
            "--format",
            "--top",
            "--passage",
            "--separator",
            "--size",
            "--freeze-batch-norms",
            "--head-only");

    /** Options of settings that are made by classes of their own, which are said by their names. */
    private static final Set<String> OF_PARTS =
            Set.of("--lora-alpha", "--lora-dropout", "--lora-targets", "--lora-bias", "--dora");

    private static CommandSpec command(String name) {
        return Main.commandLine().getSubcommands().get(name).getCommandSpec();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "text~say noHeader().~say --no-header.",
                "text~a smaller batchSize(...), or batchSize(BatchSize.auto(32))~a smaller --batch, or --batch auto:32",
                "text~as in label(\"category\") or label(1);~as in --label-column category or --label-column 1;",
                "text~label(\"the class\")~--label-column \"the class\"",
                "text~say delimiter(';').~say --delimiter ';'.",
                "text~where quotes are plain text, say quoting(false))~where quotes are plain text, say --no-quoting)",
                "text~name it with charset(...)~name it with --charset",
                "text~lr(0.0): expected~--lr 0.0: expected",
                "text~freeze(Freeze.allButBiases()) trains~--bitfit trains",
                "text~evaluation(e -> e.batchSize(...)) must be above 0~--eval-batch must be above 0",
                "text~evaluation(e -> e.everySteps(5)) does nothing~--eval-every 5 does nothing",
                "text~execution(e -> e.gradientCheckpointing(true)), freeze(...)~--gradient-checkpointing, --freeze",
                "predict~execution(e -> e.gradientCheckpointing(true))~execution(e -> e.gradientCheckpointing(true))",
                "text~say so: save(directory, Overwrite.ANY).~say so: --overwrite.",
                "text~say precision(Precision.FLOAT32)~say --precision FLOAT32",
                "text~FineTuner.from(base).keepBest()~--model base.keepBest()",
                "text~batchSize must be above 0~--batch must be above 0",
                "text~lr must be a number~--lr must be a number",
                "text~stream: set maxSteps, so~stream: set --max-steps, so",
                "text~the key \"maxLength\" in~the key \"maxLength\" in",
                "text~freeze(Layers.upTo(\"encodr\")): there is~--freeze encodr: there is",
                "text~a part of your own: fit(train, validation).~a part of your own: --eval.",
                "text~fitFewShot(...) replaces~fitFewShot(...) replaces",
                "text~the column \"label(x)\" is missing~the column \"label(x)\" is missing",
                "text~over it with checkpoints(Checkpoints.in(directory).replace()), or~over it with --no-resume, or",
                "images~path(\"file\")~--path-column file",
                "predict~path(\"file\")~--text-column file",
                "predict~lr(1)~lr(1)",
                "evaluate~for all labels: head(\"a\", \"b\", ...).~for all labels: the commands text and images do, for the labels of their --train and --eval.",
                "evaluate~Weigh classes (loss(l -> l.balancedClassWeights()))~Weigh classes (loss(l -> l.balancedClassWeights()))",
                "text~Weigh classes (loss(l -> l.balancedClassWeights()))~Weigh classes (--balanced)",
                "text~LiveReport.on(99999): expected a port~--watch 99999: expected a port",
                "predict~LiveReport.on(99999): expected a port~LiveReport.on(99999): expected a port",
                "check~embeddedBy(...): there is no vector~--model: there is no vector",
                "check~these inputs aren't made of text; embeddedBy(...) gives their vectors~these inputs aren't made of text",
                "check~tells nothing; embeddedBy(...) gives it vectors that tell more~tells nothing; --model gives it vectors that tell more",
                "check~rows were joined; leave them out with filter(...).~rows were joined; leave them out.",
                "check~in its own encoding (charset(...)), or~in its own encoding (--charset), or",
                "text~Split some off: train.split(0.1, seed).~Split some rows off, into a file of their own.",
                "text~use a larger fraction, train on all of them with fitAll(dataset), or bring a part of your own: fit(train, validation).~use a larger fraction, or bring a part of your own with --eval.",
                "text~fewer frozen layers; findLearningRate(...) suggests a rate.~fewer frozen layers.",
                "text~but says the frequent one too often: tuneThresholds(validation) decides by better thresholds, and with loss(l -> l.balancedClassWeights()) it learns~but says the frequent one too often: with --balanced it learns",
                "text~More validation rows, or crossValidate(dataset, 5): smaller differences~More validation rows: smaller differences",
                "text~loss(l -> l.balancedClassWeights()), batching(b -> b.balancedSampling(true)), or more examples of it.~--balanced, or more examples of it.",
                "text~Judge by macro F1; loss(l -> l.balancedClassWeights()) or batching(b -> b.balancedSampling(true)) help the rare ones.~Judge by macro F1; --balanced helps the rare ones.",
                "text~A learning rate of a tenth, warmupRatio(0.1), and maxGradientNorm(1).~A learning rate of a tenth, --warmup 0.1, and --max-grad-norm 1.",
                "text~keepBest() keeps the weights from before; fewer epochs, earlyStopping(2), more~--keep-best keeps the weights from before; fewer epochs, --early-stopping 2, more",
                "text~A larger maxLength(...), where the model has one; or shorter texts.~A larger --max-length, where the model has one; or shorter texts.",
                "text~For texts without labels, end with unlabelled().~For texts without labels, say --task masked-lm.",
                "quickstart~Choose another directory, or, if that one is to be replaced, say so: save(directory, Overwrite.ANY).~Choose another directory, or delete that one first.",
                "text~Choose another directory, or, if that one is to be replaced, say so: save(directory, Overwrite.ANY).~Choose another directory, or, if that one is to be replaced, say so: --overwrite."
            })
    void methodsAreOptionsWhereTheCommandHasThem(String command, String message, String said) {
        assertThat(Advice.of(message, command(command))).isEqualTo(said);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text", "images", "predict", "evaluate"})
    void everyOptionThatTheApiHasTooIsTranslated(String command) {
        final CommandSpec spec = command(command);
        final Set<String> told = methods()
                .map(method -> Advice.of(called(method), spec))
                .filter(said -> said.startsWith("--"))
                .collect(Collectors.toSet());
        told.addAll(Advice.ARGUMENTS.values());
        final Set<String> untold =
                spec.options().stream().map(OptionSpec::longestName).collect(Collectors.toCollection(TreeSet::new));
        untold.removeAll(told);
        untold.removeAll(OF_COMMANDS);
        untold.removeAll(OF_PARTS);

        assertThat(untold).isEmpty();
    }

    @Test
    void theTableNamesMethodsAndOptionsThatThereAre() {
        assertThat(methods().collect(Collectors.toSet())).containsAll(Advice.OTHERWISE_CALLED.keySet());
        final Set<String> options = Stream.of("text", "images", "predict", "evaluate")
                .flatMap(name -> command(name).options().stream())
                .map(OptionSpec::longestName)
                .collect(Collectors.toSet());
        Advice.OTHERWISE_CALLED.values().forEach(names -> assertThat(options).containsAll(names));
        assertThat(options).containsAll(Advice.ARGUMENTS.values()).containsAll(Advice.MAKERS.values());
        assertThat(Stream.of(LiveReport.class, TensorBoard.class, HistoryFile.class, MlFlow.class)
                        .flatMap(type -> Stream.of(type.getMethods()))
                        .map(method -> method.getDeclaringClass().getSimpleName() + "." + method.getName()))
                .containsAll(Advice.MAKERS.keySet());
    }

    private static Stream<String> methods() {
        return Stream.concat(
                Stream.of(
                                FineTuner.class,
                                FineTuned.class,
                                DataCheck.class,
                                TextFiles.class,
                                TokenFiles.class,
                                ImageFiles.class,
                                WeightAverage.class)
                        .flatMap(type -> Stream.of(type.getMethods()))
                        .map(Method::getName),
                groupedMethods());
    }

    /** The methods of the tuner's groups, such as "loss.labelSmoothing", and by their names alone. */
    private static Stream<String> groupedMethods() {
        return Stream.of(FineTuner.class.getMethods())
                .filter(method -> method.getParameterCount() == 1
                        && method.getGenericParameterTypes()[0] instanceof ParameterizedType type
                        && type.getRawType() == UnaryOperator.class)
                .flatMap(group -> {
                    final ParameterizedType type = (ParameterizedType) group.getGenericParameterTypes()[0];
                    return Stream.of(((Class<?>) type.getActualTypeArguments()[0]).getMethods())
                            .map(Method::getName)
                            .flatMap(name -> Stream.of(group.getName() + "." + name, name));
                });
    }

    private static String called(String method) {
        final int dot = method.indexOf('.');
        return dot < 0 ? method + "()" : method.substring(0, dot) + "(s -> s." + method.substring(dot + 1) + "())";
    }
}
