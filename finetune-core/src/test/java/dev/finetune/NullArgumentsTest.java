package dev.finetune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.batch.Augmentation;
import dev.finetune.batch.InputSettings;
import dev.finetune.batch.MemoryFormat;
import dev.finetune.calibration.DecisionMetric;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.contrastive.Contrast;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.LabelSet;
import dev.finetune.data.Question;
import dev.finetune.data.SquadFiles;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.data.TokenFiles;
import dev.finetune.data.Words;
import dev.finetune.distributed.Processes;
import dev.finetune.explain.ExplainedOutput;
import dev.finetune.explain.NearestRows;
import dev.finetune.explain.SliceSearch;
import dev.finetune.fewshot.FewShot;
import dev.finetune.freeze.Freeze;
import dev.finetune.freeze.Layers;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.hub.DownloadListener;
import dev.finetune.hub.HubAccess;
import dev.finetune.hub.HubLimits;
import dev.finetune.hub.HubPatience;
import dev.finetune.hub.HubSettings;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import dev.finetune.peft.PeftMethod;
import dev.finetune.peft.Quantized;
import dev.finetune.peft.TargetLayers;
import dev.finetune.preference.Dpo;
import dev.finetune.preference.PreferenceLoss;
import dev.finetune.report.LearningRateTest;
import dev.finetune.search.Halving;
import dev.finetune.search.Sampler;
import dev.finetune.search.Search;
import dev.finetune.task.ClassWeighting;
import dev.finetune.task.LossOptions;
import dev.finetune.train.BatchSize;
import dev.finetune.train.Batching;
import dev.finetune.train.Cancellation;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.EarlyStopping;
import dev.finetune.train.Evaluation;
import dev.finetune.train.Execution;
import dev.finetune.train.KeepBest;
import dev.finetune.train.KnowledgePreservation;
import dev.finetune.train.L2Sp;
import dev.finetune.train.LengthGrouping;
import dev.finetune.train.Optimization;
import dev.finetune.train.OptimizerSettings;
import dev.finetune.train.Precision;
import dev.finetune.train.Regularization;
import dev.finetune.train.Schedule;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import dev.finetune.train.Warmup;
import dev.finetune.train.WeightAverage;
import dev.finetune.train.WeightDecay;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NullArgumentsTest {
    private static final Path FILE = Path.of("none.tsv");
    private static final FineTuner TUNER = FineTuner.from("no-model-is-needed");
    private static final Dataset<Text> DATA =
            Dataset.of(Text.class, List.of(new Example<>(Text.of("a"), Label.of("b"))));
    private static final NullArguments NULLS = new NullArguments(samples());

    private static Map<Class<?>, Object> samples() {
        final Map<Class<?>, Object> samples = new HashMap<>(Map.of(
                int.class,
                4,
                long.class,
                1L,
                double.class,
                0.5,
                boolean.class,
                true,
                char.class,
                ';',
                Object.class,
                "any"));
        samples.put(String.class, "text");
        samples.put(String[].class, new String[] {"a", "b"});
        samples.put(int[].class, new int[] {5});
        samples.put(double[].class, new double[] {1, 2});
        samples.put(Class.class, Text.class);
        samples.put(Path.class, FILE);
        samples.put(Charset.class, StandardCharsets.UTF_8);
        samples.put(Duration.class, Duration.ofSeconds(1));
        samples.put(URI.class, URI.create("https://example.org"));
        samples.put(HubLimits.class, HubLimits.defaults());
        samples.put(Pattern.class, Pattern.compile("a"));
        samples.put(Optional.class, Optional.empty());
        samples.put(List.class, List.of());
        samples.put(Set.class, Set.of());
        samples.put(Collection.class, List.of());
        samples.put(Map.class, Map.of());
        samples.put(Predicate.class, (Predicate<Object>) any -> true);
        samples.put(Supplier.class, (Supplier<Object>) Stream::empty);
        samples.put(Consumer.class, (Consumer<Object>) any -> {});
        samples.put(Function.class, (Function<Object, Object>) any -> any);
        samples.put(BiFunction.class, (BiFunction<Object, Object, Object>) (one, other) -> one);
        samples.put(Dataset.class, DATA);
        samples.put(Label.class, Label.of("b"));
        samples.put(Text.class, Text.of("a"));
        samples.put(Freeze.class, Freeze.nothing());
        samples.put(FineTuner.class, TUNER);
        samples.put(Head.class, Heads.classes(2));
        samples.put(Overwrite.class, Overwrite.OURS);
        samples.put(Pooling.class, Pooling.MEAN);
        samples.put(Lora.class, Lora.rank(2));
        samples.put(Lora.Biases.class, Lora.Biases.ALL);
        samples.put(TargetLayers.class, new TargetLayers.AllLinear());
        samples.put(Ia3.class, Ia3.usual());
        samples.put(Quantized.class, Quantized.nf4());
        samples.put(HubSettings.class, HubSettings.defaults(FILE));
        samples.put(HubPatience.class, HubSettings.defaults(FILE).patience());
        samples.put(Processes.class, Processes.of(0, 1, "localhost", 29_500));
        samples.put(DownloadListener.class, DownloadListener.none());
        samples.put(OptionalDouble.class, OptionalDouble.empty());
        samples.put(HubAccess.class, HubAccess.DEFAULT);
        samples.put(ClassWeighting.class, LossOptions.DEFAULT.weighting());
        samples.put(BatchSize.class, BatchSize.of(8));
        samples.put(L2Sp.class, L2Sp.NONE);
        samples.put(LengthGrouping.class, LengthGrouping.AUTO);
        samples.put(Optimization.class, Optimization.DEFAULT);
        samples.put(Batching.class, Batching.DEFAULT);
        samples.put(Execution.class, Execution.DEFAULT);
        samples.put(Evaluation.class, Evaluation.DEFAULT);
        samples.put(KnowledgePreservation.class, KnowledgePreservation.DEFAULT);
        samples.put(Regularization.class, Regularization.DEFAULT);
        samples.put(Schedule.class, Schedule.linear());
        samples.put(Warmup.class, Warmup.NONE);
        samples.put(WeightAverage.class, WeightAverage.ema(0.9));
        samples.put(WeightDecay.class, WeightDecay.NONE);
        samples.put(OptimizerSettings.class, OptimizerSettings.adamW());
        samples.put(Precision.class, Precision.FLOAT32);
        samples.put(MemoryFormat.class, MemoryFormat.AUTO);
        samples.put(DeviceChoice.class, DeviceChoice.CPU);
        samples.put(TrainingListener.class, new TrainingListener() {});
        samples.put(Cancellation.class, new Cancellation());
        samples.put(FewShot.class, FewShot.usual());
        samples.put(Contrast.class, Contrast.usual());
        samples.put(PreferenceLoss.class, Dpo.beta(0.1));
        samples.put(LearningRateTest.Range.class, LearningRateTest.Range.usual());
        samples.put(DecisionMetric.class, DecisionMetric.f1());
        samples.put(Sampler.class, Sampler.random());
        samples.put(Halving.class, Halving.usual());
        samples.put(Augmentation[].class, new Augmentation[0]);
        samples.put(InputSettings.class, new InputSettings() {
            @Override
            public Class<?> inputType() {
                return Text.class;
            }
        });
        return samples;
    }

    static Stream<Class<?>> makers() {
        return Stream.of(
                FineTuner.class,
                FineTuned.class,
                Heads.class,
                Head.Classification.class,
                Head.MultiLabel.class,
                Head.Tokens.class,
                Head.Features.class,
                Freeze.class,
                Layers.class,
                Lora.class,
                Ia3.class,
                Adapters.class,
                Dataset.class,
                Text.class,
                Words.class,
                Question.class,
                Example.class,
                Label.class,
                Label.Category.class,
                Label.Categories.class,
                Label.Values.class,
                Label.Tags.class,
                Label.Answers.class,
                Label.Answer.class,
                LabelSet.class,
                TextFiles.class,
                TokenFiles.class,
                SquadFiles.class,
                HubSettings.class,
                EarlyStopping.class,
                KeepBest.class,
                HubAccess.class,
                LossOptions.class,
                ClassWeighting.class,
                TrainingSettings.class,
                Batching.class,
                Execution.class,
                KnowledgePreservation.class,
                Regularization.class,
                WeightDecay.class,
                SliceSearch.class,
                NearestRows.class,
                ExplainedOutput.Named.class,
                Schedule.class,
                Search.class);
    }

    static Stream<Object> objects() {
        return Stream.of(
                TUNER,
                Lora.rank(2),
                Ia3.usual(),
                DATA,
                TextFiles.tsv(FILE),
                TokenFiles.conll(FILE),
                SquadFiles.json(FILE),
                LabelSet.of("a", "b"),
                HubSettings.defaults(FILE),
                HubAccess.DEFAULT,
                LossOptions.DEFAULT,
                TrainingSettings.DEFAULT,
                Batching.DEFAULT,
                Execution.DEFAULT,
                Regularization.DEFAULT,
                SliceSearch.usual(),
                Schedule.linear(),
                Adapters.over(TUNER, Text.class),
                Search.over(TUNER));
    }

    @ParameterizedTest
    @MethodSource("makers")
    void anArgumentThatIsNullIsNamedWhereSomethingIsMade(Class<?> type) {
        assertThat(NULLS.unnamedInMakersOf(type)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("objects")
    void anArgumentThatIsNullIsNamedAtTheCall(Object target) {
        final boolean isMethod = target instanceof PeftMethod; // The rest of these is asked by the library.
        assertThat(NULLS.unnamedIn(target, method -> !isMethod || method.getReturnType() == target.getClass()))
                .isEmpty();
    }
}
