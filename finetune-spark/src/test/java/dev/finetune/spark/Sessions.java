package dev.finetune.spark;

import org.apache.spark.sql.SparkSession;

/** Spark sessions that tests use: quiet, small, on the loopback interface. */
final class Sessions {
    private Sessions() {}

    static SparkSession local(int threads) {
        return builder("local[" + threads + "]").getOrCreate();
    }

    static SparkSession.Builder builder(String master) {
        return SparkSession.builder()
                .master(master)
                .appName("finetune-spark")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", "2");
    }
}
