///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//DEPS dev.finetune:finetune-bert:0.1.0-SNAPSHOT
//DEPS org.slf4j:slf4j-nop:2.0.20

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import java.nio.file.Path;
import java.util.Arrays;

/** Learns from a table with the columns text and label, and says what it makes of other texts. */
class Reviews {
    public static void main(String... arguments) {
        if (arguments.length < 3) {
            System.err.println("Usage: Reviews.java MODEL TABLE TEXT...");
            System.exit(2);
        }
        Dataset<Text> reviews = TextFiles.tsv(Path.of(arguments[1])).classification();
        try (FineTuned<Text> tuned =
                FineTuner.from(arguments[0]).head("negative", "positive").fit(reviews)) {
            System.out.printf("accuracy %.2f%n", tuned.evaluation().get("accuracy"));
            Arrays.stream(arguments)
                    .skip(2)
                    .forEach(text -> System.out.println(text + ": " + tuned.predict(Text.of(text))));
        }
    }
}
