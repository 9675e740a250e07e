package dev.finetune.data;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.error.FinetuneException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What {@link DataCheck#check(Dataset, Dataset)} finds in data of which each of several processes has a part: the same in all of them,
 * of all parts together. Of inputs that aren't made of texts and numbers alone (pictures), repeats are found within each part only.
 *
 * @param findings of both parts of the data; errors come first
 * @param train what all processes have to train on
 * @param validation what they have to evaluate on
 */
public record SharedCheck(List<Finding> findings, Counted train, Optional<Counted> validation) {
    private static final String NO_CLASSES = "no classes";

    /** Keeps its own copy. */
    public SharedCheck {
        findings = List.copyOf(findings);
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(validation, "validation");
    }

    /**
     * Data that is counted.
     *
     * @param rows how many there are
     * @param classes how often each class or tag occurs, in the order of {@link LabelSet#discover}; empty where there are none
     */
    public record Counted(long rows, Map<String, Long> classes) {
        /** Keeps its own copy, in the same order. */
        public Counted {
            classes = Collections.unmodifiableMap(new LinkedHashMap<>(classes));
        }
    }

    /**
     * {@return what all processes find together} All of them call this.
     *
     * @param <I> the kind of input
     * @param train this process's part of what is trained on
     * @param validation its part of what is evaluated on, of which all processes have one, or none
     * @param gather given what a process says, what all say, in the order of the processes
     * @throws FinetuneException if processes have inputs, or labels, of different kinds
     */
    public static <I> SharedCheck of(
            Dataset<I> train, Optional<Dataset<I>> validation, Function<byte[], List<byte[]>> gather) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(validation, "validation");
        Objects.requireNonNull(gather, "gather");
        return new Check<>(train, validation, gather).run();
    }

    private static final class Check<I> {
        private final Dataset<I> train;
        private final Optional<Dataset<I>> validation;
        private final Function<byte[], List<byte[]>> gather;
        private final ContentKey.Maker maker = new ContentKey.Maker();
        private long[] keys = new long[1024];
        private int count;
        private boolean haveKeys = true;

        Check(Dataset<I> train, Optional<Dataset<I>> validation, Function<byte[], List<byte[]>> gather) {
            this.train = train;
            this.validation = validation;
            this.gather = gather;
        }

        SharedCheck run() {
            final JsonObject own = new JsonObject();
            own.addProperty("input", train.inputType().getSimpleName());
            own.add("train", json(surveyed(train, DataCheck.TRAIN)));
            validation.ifPresent(data -> own.add("validation", json(surveyed(data, DataCheck.VALIDATION))));
            own.addProperty("keys", haveKeys);
            final List<JsonObject> all = said(own);
            refuseOthers(all, "inputs", each -> each.get("input").getAsString());
            refuseOthers(all, "labels", each -> kind(each.getAsJsonObject("train")));
            final DataSurvey trainSurvey = joined(all, "train");
            final Optional<DataSurvey> validationSurvey = validation.map(data -> joined(all, "validation"));
            final List<DataReport.Issue> issues = new ArrayList<>(EverydayCheck.ofSurveys(
                    trainSurvey,
                    train.describe(),
                    validationSurvey,
                    validation.map(Dataset::describe).orElse("")));
            issues.addAll(EverydayCheck.ofRepeats(
                    all.stream().allMatch(each -> each.get("keys").getAsBoolean())
                            ? new SharedRepeats<I>(gather).of(train, validation, Arrays.copyOf(keys, count))
                            : ofEachPart()));
            return new SharedCheck(
                    issues.stream().map(DataReportText::finding).toList(),
                    counted(trainSurvey),
                    validationSurvey.map(Check::counted));
        }

        private List<JsonObject> said(JsonObject own) {
            return gather.apply(own.toString().getBytes(StandardCharsets.UTF_8)).stream()
                    .map(each -> JsonParser.parseString(new String(each, StandardCharsets.UTF_8))
                            .getAsJsonObject())
                    .toList();
        }

        private DataSurvey surveyed(Dataset<I> data, String part) {
            final DataSurvey.Pass pass = new DataSurvey.Pass(data.describe(), part, false, DataSurvey.KEPT);
            for (Example<I> example : data) {
                pass.add(example);
                final Optional<ContentKey> key = haveKeys ? maker.of(example.input()) : Optional.empty();
                haveKeys = key.isPresent();
                if (haveKeys) {
                    keys = count == keys.length ? Arrays.copyOf(keys, 2 * count) : keys;
                    keys[count++] = key.orElseThrow().low();
                }
            }
            return pass.survey();
        }

        private static JsonObject json(DataSurvey survey) {
            final JsonObject classes = new JsonObject();
            survey.classes().counts().forEach(classes::addProperty);
            final JsonObject json = new JsonObject();
            json.addProperty("rows", survey.rows());
            final Class<?> kind = survey.kind();
            json.addProperty("kind", kind != null && survey.classed() ? kind.getSimpleName() : NO_CLASSES);
            json.add("classes", classes);
            json.add("empty", SharedCases.json(survey.empty()));
            json.add("unanswered", SharedCases.json(survey.unanswered()));
            return json;
        }

        private static String kind(JsonObject survey) {
            return survey.get("kind").getAsString();
        }

        private static void refuseOthers(List<JsonObject> all, String what, Function<JsonObject, String> kind) {
            final String first = kind.apply(all.get(0));
            for (int process = 1; process < all.size(); process++) {
                final String other = kind.apply(all.get(process));
                if (!other.equals(first)) {
                    throw new FinetuneException("The " + what + " of process " + process + " are of another kind ("
                            + other + ") than those of process 0 (" + first + ").");
                }
            }
        }

        private static DataSurvey joined(List<JsonObject> all, String part) {
            final List<JsonObject> surveys =
                    all.stream().map(each -> each.getAsJsonObject(part)).toList();
            final Map<String, Long> counts = new HashMap<>();
            long rows = 0;
            for (JsonObject survey : surveys) {
                rows += survey.get("rows").getAsLong();
                survey.getAsJsonObject("classes")
                        .entrySet()
                        .forEach(entry ->
                                counts.merge(entry.getKey(), entry.getValue().getAsLong(), Long::sum));
            }
            final Class<?> kind = Stream.<Class<?>>of(Label.Category.class, Label.Categories.class, Label.Tags.class)
                    .filter(each -> each.getSimpleName().equals(kind(surveys.get(0))))
                    .findFirst()
                    .orElse(Label.None.class);
            final Map<String, Long> ordered = new LinkedHashMap<>();
            (kind == Label.Tags.class ? LabelOrder.tags(counts.keySet()) : LabelOrder.classes(counts.keySet()))
                    .forEach(name -> ordered.put(name, counts.get(name)));
            return new DataSurvey(
                    (int) Math.min(rows, Integer.MAX_VALUE),
                    new int[0],
                    new ClassCounts(ordered),
                    kind,
                    cases(surveys, "empty"),
                    cases(surveys, "unanswered"));
        }

        private static Cases cases(List<JsonObject> surveys, String which) {
            return SharedCases.joined(
                    surveys.stream().map(each -> each.getAsJsonObject(which)).toList(), DataSurvey.KEPT);
        }

        private static Counted counted(DataSurvey survey) {
            return new Counted(survey.rows(), survey.classes().counts());
        }

        /** What each process finds in its own part, put together. */
        private RepeatedInputs ofEachPart() {
            final DataSurvey trainSurvey = DataSurvey.of(train, DataCheck.TRAIN);
            final RepeatedInputs found = RepeatedInputs.of(validation
                    .map(data -> new Repeats<>(train, trainSurvey, data, DataSurvey.of(data, DataCheck.VALIDATION)))
                    .orElseGet(() -> new Repeats<>(train, trainSurvey)));
            final JsonObject own = new JsonObject();
            own.add("shared", SharedCases.json(found.shared()));
            own.add("conflicting", SharedCases.json(found.conflicting()));
            own.add("duplicated", SharedCases.json(found.duplicated()));
            final List<JsonObject> all = said(own);
            return new RepeatedInputs(cases(all, "shared"), cases(all, "conflicting"), cases(all, "duplicated"));
        }
    }
}
