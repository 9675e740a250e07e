package dev.finetune.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuner;
import dev.finetune.batch.MemoryFormat;
import dev.finetune.hub.HubAccess;
import dev.finetune.internal.Records;
import dev.finetune.internal.SettingLines;
import dev.finetune.internal.Told;
import dev.finetune.train.BatchSize;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.EarlyStopping;
import dev.finetune.train.KeepBest;
import dev.finetune.train.OptimizerSettings;
import dev.finetune.train.Precision;
import dev.finetune.train.Schedule;
import dev.finetune.train.TrainingSettings;
import dev.finetune.train.WeightAverage;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A setting is said once: where it is a component of its record, it has a default, a way to be said, a line and its
 * part in a training's identity.
 */
class SettingsTest {
    private static final Draft USUAL = Draft.of(ModelSource.of("model"));

    /** A value of each kind that is nobody's default. */
    private static final Map<Class<?>, Object> OTHERS = Map.ofEntries(
            Map.entry(double.class, 0.37),
            Map.entry(int.class, 5),
            Map.entry(long.class, 7L),
            Map.entry(double[].class, new double[] {1, 2}),
            Map.entry(MemoryFormat.class, MemoryFormat.CHANNELS_LAST),
            Map.entry(WeightAverage.class, WeightAverage.ema(0.9)),
            Map.entry(Schedule.class, Schedule.cosine()),
            Map.entry(OptimizerSettings.class, OptimizerSettings.sgd(0.9)),
            Map.entry(BatchSize.class, BatchSize.auto(16)),
            Map.entry(DeviceChoice.class, DeviceChoice.CPU),
            Map.entry(Precision.class, Precision.BFLOAT16));

    /** Values of what may be missing, by what it is called. */
    private static final Map<String, Object> OPTIONAL = Map.of(
            "maxTime",
            Duration.ofMinutes(3),
            "earlyStopping",
            new EarlyStopping("loss", 2, 0),
            "keepBest",
            new KeepBest("loss"));

    private static boolean isGroup(RecordComponent component) {
        return component.getAnnotation(Told.class) == null
                && Stream.of(component.getType().getFields())
                        .anyMatch(field -> field.getName().equals("DEFAULT"));
    }

    private static Object get(Record record, RecordComponent component) throws ReflectiveOperationException {
        return component.getAccessor().invoke(record);
    }

    /** The records of settings that a draft holds, at any depth, by where they are. */
    static Map<String, Record> groups() throws ReflectiveOperationException {
        final Map<String, Record> groups = new LinkedHashMap<>();
        collect(USUAL, "", groups);
        return groups;
    }

    private static void collect(Record record, String place, Map<String, Record> groups)
            throws ReflectiveOperationException {
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            if (isGroup(component)) {
                final Record group = (Record) get(record, component);
                groups.put(place + component.getName(), group);
                collect(group, place + component.getName() + ".", groups);
            }
        }
    }

    static Stream<String> places() throws ReflectiveOperationException {
        return groups().keySet().stream();
    }

    /** The draft with another record at a place. */
    private static Draft with(String place, Record group) throws ReflectiveOperationException {
        final int dot = place.lastIndexOf('.');
        return dot < 0
                ? Records.with(USUAL, place, group)
                : with(
                        place.substring(0, dot),
                        Records.with(groups().get(place.substring(0, dot)), place.substring(dot + 1), group));
    }

    /** The ways to say the settings of a record: its public methods that give another of it. */
    private static List<Method> ways(Class<?> type) {
        return Arrays.stream(type.getMethods())
                .filter(method ->
                        method.getReturnType() == type && !method.getName().equals("resolved"))
                .toList();
    }

    private static Object other(Class<?> type, String name, Record record, RecordComponent[] components)
            throws ReflectiveOperationException {
        if (type == boolean.class) {
            for (RecordComponent component : components) {
                if (component.getName().equals(name)) {
                    return !(boolean) get(record, component);
                }
            }
            return false;
        }
        return type == Optional.class ? Optional.of(OPTIONAL.get(name)) : OTHERS.get(type);
    }

    /** What each way makes of a record, but for those that take another group, which have a place of their own. */
    private static Map<Method, Record> variants(Record record) throws ReflectiveOperationException {
        final RecordComponent[] components = record.getClass().getRecordComponents();
        final Map<Method, Record> variants = new LinkedHashMap<>();
        for (Method way : ways(record.getClass())) {
            final List<Object> arguments = new ArrayList<>();
            for (Class<?> type : way.getParameterTypes()) {
                arguments.add(
                        groups().values().stream().anyMatch(type::isInstance)
                                ? null
                                : other(type, way.getName(), record, components));
            }
            if (arguments.isEmpty() || arguments.get(0) != null) {
                variants.put(way, (Record) way.invoke(record, arguments.toArray()));
            }
        }
        return variants;
    }

    private static Set<RecordComponent> changed(Record from, Record to) throws ReflectiveOperationException {
        final Set<RecordComponent> changed = new HashSet<>();
        for (RecordComponent component : from.getClass().getRecordComponents()) {
            if (!get(from, component).equals(get(to, component))) {
                changed.add(component);
            }
        }
        return changed;
    }

    @Test
    void theGroupsAreFound() throws ReflectiveOperationException {
        assertThat(groups().keySet())
                .contains("loss", "training", "initialization", "training.execution", "training.preservation");
    }

    @ParameterizedTest
    @MethodSource("places")
    void aRecordOfSettingsHoldsItsDefaults(String place) throws ReflectiveOperationException {
        final Record group = groups().get(place);
        assertThat(group.getClass().getField("DEFAULT").get(null)).isEqualTo(group);
    }

    @ParameterizedTest
    @MethodSource("places")
    void everySettingCanBeSaidAndNoWayOfSayingItChangesAnother(String place) throws ReflectiveOperationException {
        final Record group = groups().get(place);
        final Set<String> said = new TreeSet<>();
        for (Map.Entry<Method, Record> variant : variants(group).entrySet()) {
            final Set<RecordComponent> changed = changed(group, variant.getValue());
            assertThat(changed).as(variant.getKey().toString()).hasSize(1);
            changed.forEach(component -> said.add(component.getName()));
        }
        final Set<String> settings = new TreeSet<>();
        for (RecordComponent component : group.getClass().getRecordComponents()) {
            if (!isGroup(component)) {
                settings.add(component.getName());
            }
        }
        assertThat(said).isEqualTo(settings);
    }

    @ParameterizedTest
    @MethodSource("places")
    void everySettingIsToldAndIsPartOfATrainingsIdentity(String place) throws ReflectiveOperationException {
        final Record group = groups().get(place);
        for (Record variant : variants(group).values()) {
            final Told told = changed(group, variant).iterator().next().getAnnotation(Told.class);
            assertThat(told).as("how a setting of %s is told", place).isNotNull();
            final Draft draft = with(place, variant);
            assertThat(SettingsText.describe(draft).lines())
                    .as(told.value())
                    .anyMatch(line -> line.startsWith(told.value() + ": ") && !line.endsWith("(default)"));
            final Map<String, String> usual = SettingLines.of(USUAL, USUAL, true);
            final Map<String, String> other = SettingLines.of(draft, USUAL, true);
            if (told.identifies()) {
                assertThat(other.get(told.value())).as(told.value()).isNotEqualTo(usual.get(told.value()));
            } else {
                assertThat(other).isEqualTo(usual);
            }
        }
    }

    @Test
    void onlyTheTimeAndWhatTheWeightsShowThemselvesAreNoPartOfATrainingsIdentity() throws ReflectiveOperationException {
        final Set<String> others = new TreeSet<>();
        for (Record group : groups().values()) {
            for (RecordComponent component : group.getClass().getRecordComponents()) {
                final Told told = component.getAnnotation(Told.class);
                if (told != null && !told.identifies()) {
                    others.add(component.getName());
                }
            }
        }
        assertThat(others).containsExactly("keepHead", "maxTime");
    }

    @Test
    void theLinesAreThoseThatCheckpointsOfBeforeWereWrittenWith() {
        assertThat(lines(USUAL))
                .containsExactlyInAnyOrder(
                        "weights=pretrained",
                        "head=as saved",
                        "freezing=nothing",
                        "maximum length=the model's",
                        "learning rate=5.0E-5",
                        "schedule=linear decay to 0, no warm-up",
                        "dropout=the model's",
                        "optimizer=AdamW, betas 0.9 and 0.999, eps 1.0E-8, no weight decay",
                        "accumulation=none",
                        "maximum gradient norm=1.0",
                        "epochs=3.0",
                        "steps=those of the epochs",
                        "batch size=8",
                        "order=shuffled, by similar length",
                        "seed=42",
                        "device=AUTO",
                        "precision=FLOAT32",
                        "gradient checkpointing=no",
                        "frozen stages=computed once an input",
                        "evaluation=every epoch, in batches of 32",
                        "validation fraction=0.1",
                        "early stopping=none",
                        "keep=the last weights",
                        "label smoothing=none",
                        "class weights=none");
        assertThat(lines(with(TrainingSettings.DEFAULT
                        .maxSteps(9)
                        .optimization(TrainingSettings.DEFAULT
                                .optimization()
                                .accumulate(2)
                                .maxGradientNorm(0))
                        .batching(TrainingSettings.DEFAULT
                                .batching()
                                .shuffle(false)
                                .groupByLength(false)
                                .balancedSampling(true))
                        .preservation(TrainingSettings.DEFAULT
                                .preservation()
                                .layerDecay(0.9)
                                .gradualUnfreezing(0.5)
                                .l2sp(1)
                                .distill(2))
                        .regularization(TrainingSettings.DEFAULT
                                .regularization()
                                .dropout(0)
                                .rDrop(3)
                                .average(WeightAverage.ema(0.9)))
                        .execution(TrainingSettings.DEFAULT
                                .execution()
                                .recomputeActivations(false)
                                .cudaGraphs(false)
                                .firstTokenOnly(false)
                                .keepFrozenOutputs(false))
                        .evaluation(TrainingSettings.DEFAULT.evaluation().everySteps(3))
                        .keepBest(Optional.of(new KeepBest("f1"))))))
                .contains(
                        "layer decay=0.9",
                        "gradual unfreezing=one more stage every 0.5 epochs",
                        "L2-SP=1.0, 0.1 for what is new",
                        "distillation from the original=2.0",
                        "dropout=0.0",
                        "R-Drop=3.0",
                        "weight average=exponential, decay 0.9",
                        "accumulation=2 batches a step",
                        "maximum gradient norm=none",
                        "steps=9, in place of the epochs'",
                        "order=as given",
                        "sampling=every class as often as any other",
                        "backward pass=all that is computed is kept for it",
                        "CUDA graphs=none are recorded",
                        "last layer=computed for all tokens, read or not",
                        "frozen stages=computed in every step",
                        "evaluation=every 3 steps, in batches of 32",
                        "keep=the best weights by f1");
    }

    /** What one setting has to do with another, or with what isn't a setting, is said where both are known. */
    private static final Map<String, Set<String>> OF_TWO = Map.of(
            "FineTuner",
            Set.of("validationFraction"),
            "Draft",
            Set.of("randomWeights", "weighting", "balancedSampling"),
            "TrainingSettings",
            Set.of("gradientCheckpointing", "rDrop"));

    @Test
    void theTunerHasOneWordForEachGroupAndSoForAllThatIsInIt() throws ReflectiveOperationException {
        final List<Class<?>> reached = new ArrayList<>();
        for (Method method : FineTuner.class.getMethods()) {
            for (Type type : method.getGenericParameterTypes()) {
                if (type instanceof ParameterizedType function && function.getRawType() == UnaryOperator.class) {
                    reached.add((Class<?>) function.getActualTypeArguments()[0]);
                }
            }
        }
        assertThat(reached)
                .contains(HubAccess.class)
                .filteredOn(type -> type != HubAccess.class)
                .containsExactlyInAnyOrderElementsOf(groups().values().stream()
                        .map(Record::getClass)
                        .filter(type -> type != TrainingSettings.class)
                        .toList());
    }

    @Test
    void theTunerKeepsItsEverydayWords() {
        final Set<String> words = Stream.of(FineTuner.class.getMethods())
                .filter(method -> method.getReturnType() == FineTuner.class)
                .filter(method -> !Arrays.asList(method.getParameterTypes()).contains(UnaryOperator.class))
                .map(Method::getName)
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(words).contains("from", "head", "freeze", "lora", "lr", "epochs", "batchSize", "seed", "keepBest");
        assertThat(words).hasSizeLessThanOrEqualTo(34);
    }

    @Test
    void aSwitchIsOneEditForNothingBetweenTheTunerAndTheLoopListsIt() throws Exception {
        final Set<String> switches = new TreeSet<>();
        for (Record group : groups().values()) {
            if (!(group instanceof TrainingSettings)) {
                for (RecordComponent component : group.getClass().getRecordComponents()) {
                    switches.add(component.getName());
                }
            }
        }
        switches.remove("batchSize"); // The tuner's everyday word for another: rows of a training batch.
        assertThat(switches).hasSizeGreaterThan(20);
        final Map<String, Set<String>> listed = new LinkedHashMap<>();
        for (Path file : List.of(
                Path.of("FineTuner.java"),
                Path.of("FineTuned.java"),
                Path.of("internal/SettingLines.java"),
                Path.of("internal/Records.java"),
                Path.of("internal/run/Draft.java"),
                Path.of("internal/run/SettingsText.java"),
                Path.of("internal/run/ModelRecord.java"),
                Path.of("internal/run/ModelWriter.java"),
                Path.of("train/RunIdentity.java"),
                Path.of("train/TrainingSettings.java"),
                Path.of("report/Provenance.java"))) {
            final String code = Files.readString(
                            Path.of("src/main/java/dev/finetune").resolve(file))
                    .replaceAll("(?s)/\\*.*?\\*/|//[^\n]*|\"[^\"\n]*\"", "");
            final Set<String> named = new TreeSet<>(switches);
            named.removeIf(
                    name -> !Pattern.compile("\\b" + name + "\\b").matcher(code).find());
            if (!named.isEmpty()) {
                listed.put(file.getFileName().toString().replace(".java", ""), named);
            }
        }
        assertThat(listed).isEqualTo(OF_TWO);
    }

    private static List<String> lines(Draft draft) {
        return SettingLines.of(draft, USUAL, true).entrySet().stream()
                .map(Map.Entry::toString)
                .toList();
    }

    private static Draft with(TrainingSettings training) {
        return USUAL.training(usual -> training);
    }
}
