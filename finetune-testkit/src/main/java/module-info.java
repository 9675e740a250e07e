/** What unit tests share: tiny models, tiny data, a model hub on the loopback interface, one comparison of numbers. */
module dev.finetune.testkit {
    requires com.google.gson;
    requires java.desktop; // Draws the tiny pictures.
    requires transitive jdk.httpserver;
    requires static org.jspecify;

    exports dev.finetune.testkit;
}
