/**
 * What every model family shares: the hub, checkpoints, data, the training loop, metrics and results. Add a family, such as
 * {@code dev.finetune.bert}, to have models.
 */
@SuppressWarnings("module") // The families that see more of it need not be there.
module dev.finetune.core {
    requires transitive com.google.gson;
    requires com.sun.jna;
    requires static java.desktop; // Plots as PNG are drawn with it and XChart, which need not be there.
    requires java.net.http;
    requires jdk.management; // How much memory there is, in containers too.
    requires jdk.unsupported; // Mapped files are released at once, in checkpoint.
    requires org.apache.commons.csv;
    requires transitive org.bytedeco.javacpp;
    requires org.bytedeco.cuda;
    requires org.bytedeco.openblas;
    requires transitive org.bytedeco.pytorch;
    requires static transitive org.jspecify;
    requires static org.knowm.xchart;
    requires org.slf4j;

    uses dev.finetune.peft.PeftFormat;
    uses dev.finetune.spi.FitReporter;
    uses dev.finetune.spi.HeadFormat;
    uses dev.finetune.spi.ImageModelFamily;
    uses dev.finetune.spi.LanguageModelFamily;
    uses dev.finetune.spi.ModelFamily;
    uses dev.finetune.spi.OnnxExporter;
    uses dev.finetune.spi.PretrainedModels;
    uses dev.finetune.spi.TextModelFamily;

    exports dev.finetune;
    exports dev.finetune.batch;
    exports dev.finetune.calibration;
    exports dev.finetune.checkpoint;
    exports dev.finetune.contrastive;
    exports dev.finetune.data;
    exports dev.finetune.distributed;
    exports dev.finetune.error;
    exports dev.finetune.explain;
    exports dev.finetune.fewshot;
    exports dev.finetune.freeze;
    exports dev.finetune.generate;
    exports dev.finetune.head;
    exports dev.finetune.hub;
    exports dev.finetune.metrics;
    exports dev.finetune.nn;
    exports dev.finetune.peft;
    exports dev.finetune.preference;
    exports dev.finetune.record;
    exports dev.finetune.report;
    exports dev.finetune.search;
    exports dev.finetune.spi;
    exports dev.finetune.task;
    exports dev.finetune.train;
    exports dev.finetune.internal to
            dev.finetune.bert,
            dev.finetune.lm,
            dev.finetune.report,
            dev.finetune.vision;
    exports dev.finetune.internal.natives to
            dev.finetune.bert,
            dev.finetune.lm,
            dev.finetune.vision;
    exports dev.finetune.internal.saving to
            dev.finetune.bert,
            dev.finetune.lm,
            dev.finetune.vision;
    exports dev.finetune.internal.torch to
            dev.finetune.bert,
            dev.finetune.lm,
            dev.finetune.vision;

    // JNA calls back an interface there.
    opens dev.finetune.internal.torch to
            com.sun.jna;
}
