/** Tells other tools how a training goes. */
@SuppressWarnings("module") // Micrometer is there only for those who use it.
module dev.finetune.trackers {
    requires transitive dev.finetune.core;
    requires static java.desktop; // Confusion matrices are drawn with it for TensorBoard.
    requires java.net.http;
    requires static jdk.jfr;
    requires static transitive micrometer.core;
    requires org.apache.commons.csv;

    exports dev.finetune.trackers;
}
