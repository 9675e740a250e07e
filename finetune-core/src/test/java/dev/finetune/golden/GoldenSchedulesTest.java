package dev.finetune.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.train.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** The learning rates that Transformers' schedulers give, ours give. */
@Tag("golden")
class GoldenSchedulesTest {
    @TestFactory
    Stream<DynamicTest> everyRateOfTheReferenceIsReproduced() {
        final Map<String, JsonObject> cases = GoldenFolders.having("base_lr", "rows");
        assumeTrue(
                !cases.isEmpty(), "no schedule cases in " + GoldenFolders.root().toAbsolutePath());
        final List<DynamicTest> tests = new ArrayList<>();
        cases.forEach((folder, json) -> {
            for (JsonElement element : json.getAsJsonArray("rows")) {
                final JsonObject row = element.getAsJsonObject();
                final String name = row.get("name").getAsString();
                final long warmup = row.get("warmup").getAsLong();
                final long total = row.get("total").getAsLong();
                tests.add(dynamicTest(folder + ": " + name + ", " + warmup + " of " + total, () -> {
                    final Schedule plain = Schedule.named(name); // Transformers' constant ignores what ours refuses.
                    final Schedule schedule =
                            plain instanceof Schedule.Constant ? plain : plain.withWarmupSteps(warmup);
                    final JsonArray rates = row.getAsJsonArray("lrs");
                    for (int step = 0; step < rates.size(); step++) {
                        assertThat(schedule.rate(
                                        step, total, json.get("base_lr").getAsDouble()))
                                .as("step %d", step)
                                .isCloseTo(rates.get(step).getAsDouble(), within(1e-9));
                    }
                }));
            }
        });
        return tests.stream();
    }
}
