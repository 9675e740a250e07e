package dev.finetune.peft;

import java.util.Optional;
import java.util.Set;

/** IA3 in adapter_config.json. */
final class Ia3Format implements PeftFormat {
    static final String TYPE = "IA3";
    static final String FEED_FORWARD = "feedforward_modules";
    static final String INIT = "init_ia3_weights";

    @Override
    public String type() {
        return TYPE;
    }

    @Override
    public Set<String> keys() {
        return Set.of(FEED_FORWARD, INIT);
    }

    @Override
    public PeftMethod read(AdapterConfig config) {
        return new Ia3(
                config.targets(Optional.empty()),
                Optional.of(config.strings(FEED_FORWARD)),
                config.trainedWhole(),
                false);
    }
}
