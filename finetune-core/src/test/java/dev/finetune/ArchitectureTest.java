package dev.finetune;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The packages of finetune-core lie in layers: each uses those of lower layers only, so that there is no cycle. */
class ArchitectureTest {
    private static final String ROOT = "dev.finetune";

    /** From the lowest to the highest; packages of one layer don't use each other. */
    private static final List<Set<String>> LAYERS = List.of(
            Set.of("error"),
            Set.of("internal"),
            Set.of("internal.natives", "internal.saving", "internal.lint"),
            Set.of("hub", "data", "metrics", "calibration", "generate", "distributed"),
            Set.of("head", "batch"),
            Set.of("internal.torch"),
            Set.of("nn"),
            Set.of("checkpoint", "task"),
            Set.of("train", "peft"),
            Set.of("record", "internal.distributed"),
            Set.of("freeze", "spi", "fewshot", "contrastive", "preference", "report", "explain"),
            Set.of("internal.run"),
            Set.of(""),
            Set.of("search"));

    /** Where LibTorch's own types may be seen: networks, what computes with them, and what reads and writes tensors. */
    private static final Set<String> OF_TENSORS =
            Set.of("nn", "task", "train", "checkpoint", "peft", "fewshot", "contrastive", "preference", "explain");

    private static JavaClasses classes;
    private static final Map<String, Integer> LEVELS = new HashMap<>();

    @BeforeAll
    static void read() {
        classes = new ClassFileImporter()
                .importUrl(FineTuner.class.getProtectionDomain().getCodeSource().getLocation());
        for (int level = 0; level < LAYERS.size(); level++) {
            for (String name : LAYERS.get(level)) {
                LEVELS.put(name, level);
            }
        }
        assertThat(classes.size()).isGreaterThan(300);
    }

    private static String packageOf(JavaClass type) {
        final String name = type.getPackageName();
        return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1);
    }

    @Test
    void everyPackageHasItsLayer() {
        assertThat(classes).allSatisfy(type -> assertThat(LEVELS).containsKey(packageOf(type)));
    }

    @Test
    void aPackageUsesThoseOfLowerLayersOnly() {
        final List<String> upwards = new ArrayList<>();
        for (JavaClass type : classes) {
            final String from = packageOf(type);
            type.getDirectDependenciesFromSelf().stream()
                    .filter(use -> use.getTargetClass().getPackageName().startsWith(ROOT))
                    .filter(use -> !packageOf(use.getTargetClass()).equals(from))
                    .filter(use -> LEVELS.get(packageOf(use.getTargetClass())) >= LEVELS.get(from))
                    .forEach(use -> upwards.add(use.getDescription()));
        }
        assertThat(upwards).isEmpty();
    }

    @Test
    void typesOfLibTorchAreSeenOnlyWhereTensorsAre() {
        final List<String> elsewhere = new ArrayList<>();
        for (JavaClass type : classes) {
            if (!OF_TENSORS.contains(packageOf(type)) && !packageOf(type).startsWith("internal")) {
                type.getDirectDependenciesFromSelf().stream()
                        .filter(use -> use.getTargetClass().getPackageName().startsWith("org.bytedeco"))
                        .forEach(use -> elsewhere.add(use.getDescription()));
            }
        }
        assertThat(elsewhere).isEmpty();
    }

    @Test
    void theCoreKnowsNoFamily() {
        assertThat(classes)
                .noneMatch(type -> type.getDirectDependenciesFromSelf().stream()
                        .map(use -> use.getTargetClass().getPackageName())
                        .anyMatch(name ->
                                name.startsWith("dev.finetune.bert") || name.startsWith("dev.finetune.vision")));
    }
}
