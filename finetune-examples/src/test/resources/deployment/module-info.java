module app {
    requires dev.finetune.core;
    requires dev.finetune.bert;
}
