/** A family of its own, with its own kind of input, label, head, task, metric and prediction. */
module com.example.stars {
    requires dev.finetune.core;

    exports com.example.stars;

    provides dev.finetune.spi.ModelFamily with
            com.example.stars.StarsFamily;
}
